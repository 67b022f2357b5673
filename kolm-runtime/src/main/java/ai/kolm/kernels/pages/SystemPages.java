package ai.kolm.kernels.pages;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Locale;

/**
 * Anonymous memory of a Linux process: {@code mmap}, {@code mprotect}, {@code madvise}, {@code
 * munmap}. Safe for use by many threads.
 */
public final class SystemPages {
  /** Bytes of an ordinary page. */
  public static final int PAGE = 4096;

  /** Bytes of a huge page of x86-64, and of aarch64 with ordinary pages of 4 KiB. */
  public static final long HUGE_PAGE = 2 << 20;

  private static final int READ_WRITE = 3;
  private static final int READ_EXECUTE = 5;
  private static final int PRIVATE_ANONYMOUS = 0x22;
  private static final int ADVICE_HUGE_PAGES = 14;

  private SystemPages() {}

  /**
   * Why pages cannot be had from the system.
   *
   * @return one clause; empty if they can
   */
  public static String obstacle() {
    if (!System.getProperty("os.name", "").toLowerCase(Locale.ROOT).equals("linux")) {
      return "the system is not Linux";
    }
    return SystemPages.class.getModule().isNativeAccessEnabled()
        ? ""
        : "native access is not enabled; add --enable-native-access";
  }

  /** The calls, looked up when first needed. */
  private static final class Calls {
    static final MethodHandle MMAP =
        find(
            "mmap",
            FunctionDescriptor.of(
                ValueLayout.ADDRESS,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_LONG));
    static final FunctionDescriptor WITH_NUMBER =
        FunctionDescriptor.of(
            ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT);
    static final MethodHandle MPROTECT = find("mprotect", WITH_NUMBER);
    static final MethodHandle MADVISE = find("madvise", WITH_NUMBER);
    static final MethodHandle MUNMAP =
        find(
            "munmap",
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));

    @SuppressWarnings("restricted") // obstacle() tells whether native access is enabled
    private static MethodHandle find(String name, FunctionDescriptor type) {
      Linker linker = Linker.nativeLinker();
      return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type);
    }
  }

  /**
   * Zeros that can be written to; they take physical memory when they are first touched.
   *
   * @param bytes at least 1; rounded up to whole pages
   * @param arena its end gives the memory back
   * @throws OutOfMemoryError if the system refuses
   */
  @SuppressWarnings("restricted") // obstacle() tells whether native access is enabled
  public static MemorySegment map(long bytes, Arena arena) {
    long size = Math.ceilDiv(bytes, PAGE) * (long) PAGE;
    MemorySegment start;
    try {
      start =
          (MemorySegment)
              Calls.MMAP.invokeExact(
                  MemorySegment.NULL, size, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0L);
    } catch (Throwable e) { // invokeExact declares it
      throw failed("mmap", e);
    }
    if (start.address() == -1) {
      throw new OutOfMemoryError("the system refused %d bytes of memory".formatted(size));
    }
    return start.reinterpret(size, arena, SystemPages::unmap);
  }

  private static void unmap(MemorySegment memory) {
    try {
      int result = (int) Calls.MUNMAP.invokeExact(memory, memory.byteSize());
      assert result == 0;
    } catch (Throwable e) { // invokeExact declares it
      throw failed("munmap", e);
    }
  }

  /**
   * Asks for huge pages: a processor finds the addresses of some thousand pages without looking
   * them up in memory, and fetches ahead only within one. Whether they come is the system's choice,
   * and nothing but speed depends on it.
   */
  public static void adviseHuge(MemorySegment memory) {
    try {
      int ignored = (int) Calls.MADVISE.invokeExact(memory, memory.byteSize(), ADVICE_HUGE_PAGES);
    } catch (Throwable e) { // invokeExact declares it
      throw failed("madvise", e);
    }
  }

  /** Makes memory executable and no longer writable. False if the system refuses. */
  public static boolean makeExecutable(MemorySegment memory) {
    try {
      return (int) Calls.MPROTECT.invokeExact(memory, memory.byteSize(), READ_EXECUTE) == 0;
    } catch (Throwable e) { // invokeExact declares it
      throw failed("mprotect", e);
    }
  }

  private static IllegalStateException failed(String call, Throwable cause) {
    return new IllegalStateException(call + " failed", cause);
  }
}
