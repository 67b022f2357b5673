package ai.kolm.kernels.x86;

import ai.kolm.kernels.pages.SystemPages;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Locale;

/**
 * Places machine code in memory and makes it callable. Memory is written first and made executable
 * afterwards, never both at once, and stays for the life of the process.
 *
 * <p>Calls are "critical": some nanoseconds, without a safepoint until they return, so a routine
 * should take well under a millisecond.
 */
public final class CodeMemory implements CodeSpace {
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
    return SystemPages.obstacle();
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalStateException if the system refuses executable memory; says what refused
   */
  @Override
  public Routine place(Assembler assembler) {
    byte[] code = assembler.assemble();
    MemorySegment memory = SystemPages.map(code.length, Arena.global());
    MemorySegment.copy(code, 0, memory, ValueLayout.JAVA_BYTE, 0, code.length);
    if (!SystemPages.makeExecutable(memory)) {
      throw new IllegalStateException(
          "the system refused to make memory executable (SELinux execmem,"
              + " MemoryDenyWriteExecute or a seccomp filter)");
    }
    return new NativeRoutine(memory);
  }
}
