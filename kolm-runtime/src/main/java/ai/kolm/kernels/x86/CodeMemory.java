package ai.kolm.kernels.x86;

import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Locale;

/**
 * Places machine code in memory and makes it callable. Memory is written first and made executable
 * afterwards, never both at once, and stays for the life of the process.
 *
 * <p>Calls are "critical": some nanoseconds, without a safepoint until they return, so a routine
 * should take well under a millisecond.
 */
public final class CodeMemory implements CodeSpace {
  private static final int READ_WRITE = 3;
  private static final int READ_EXECUTE = 5;
  private static final int PRIVATE_ANONYMOUS = 0x22;
  private static final int PAGE = 4096;
  private static final AddressLayout POINTER = ValueLayout.ADDRESS;

  /**
   * Why machine code cannot run in this process; empty if it can be tried.
   *
   * @return one clause
   */
  public static String obstacle() {
    String arch = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
    if (!arch.equals("amd64") && !arch.equals("x86_64")) {
      return "the processor is " + arch + ", not x86-64";
    }
    if (!System.getProperty("os.name", "").equals("Linux")) {
      return "the system is not Linux";
    }
    return CodeMemory.class.getModule().isNativeAccessEnabled()
        ? ""
        : "native access is not enabled; add --enable-native-access";
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalStateException if the system refuses executable memory; says what refused
   */
  @Override
  @SuppressWarnings("restricted") // obstacle() tells whether native access is enabled
  public Routine place(Assembler assembler) {
    byte[] code = assembler.assemble();
    Linker linker = Linker.nativeLinker();
    long bytes = Math.ceilDiv(code.length, PAGE) * (long) PAGE;
    try {
      MethodHandle mmap =
          linker.downcallHandle(
              linker.defaultLookup().findOrThrow("mmap"),
              FunctionDescriptor.of(
                  POINTER,
                  POINTER,
                  ValueLayout.JAVA_LONG,
                  ValueLayout.JAVA_INT,
                  ValueLayout.JAVA_INT,
                  ValueLayout.JAVA_INT,
                  ValueLayout.JAVA_LONG));
      MemorySegment start =
          (MemorySegment)
              mmap.invokeExact(MemorySegment.NULL, bytes, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0L);
      if (start.address() == -1) {
        throw new IllegalStateException("the system refused %d bytes of memory".formatted(bytes));
      }
      MemorySegment memory = start.reinterpret(bytes, Arena.global(), null);
      MemorySegment.copy(code, 0, memory, ValueLayout.JAVA_BYTE, 0, code.length);
      MethodHandle mprotect =
          linker.downcallHandle(
              linker.defaultLookup().findOrThrow("mprotect"),
              FunctionDescriptor.of(
                  ValueLayout.JAVA_INT, POINTER, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT));
      if ((int) mprotect.invokeExact(memory, bytes, READ_EXECUTE) != 0) {
        throw new IllegalStateException(
            "the system refused to make memory executable (SELinux execmem,"
                + " MemoryDenyWriteExecute or a seccomp filter)");
      }
      return new NativeRoutine(memory);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) { // invokeExact declares it
      throw new IllegalStateException("placing code failed", e);
    }
  }
}
