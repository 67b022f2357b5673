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

  /**
   * The calls, looked up when first needed. All have the type of the longest, for each type is code
   * that the JVM makes when it starts: integers have registers of their own, of which a call reads
   * those, and the bits of those, that it has parameters for. So it is on all systems with {@link
   * #obstacle} empty.
   */
  private static final class Calls {
    private static final FunctionDescriptor TYPE =
        FunctionDescriptor.of(
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG);
    static final MethodHandle MMAP = find("mmap");
    static final MethodHandle MPROTECT = find("mprotect");
    static final MethodHandle MADVISE = find("madvise");
    static final MethodHandle MUNMAP = find("munmap");

    @SuppressWarnings("restricted") // obstacle() tells whether native access is enabled
    private static MethodHandle find(String name) {
      Linker linker = Linker.nativeLinker();
      return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), TYPE);
    }
  }

  /** Calls a function that returns an {@code int}. */
  private static int call(String name, MethodHandle function, MemorySegment memory, long third) {
    try {
      return (int)
          (long) function.invokeExact(memory.address(), memory.byteSize(), third, 0L, 0L, 0L);
    } catch (Throwable e) { // invokeExact declares it
      throw failed(name, e);
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
    long start;
    try {
      start =
          (long)
              Calls.MMAP.invokeExact(
                  0L, size, (long) READ_WRITE, (long) PRIVATE_ANONYMOUS, -1L, 0L);
    } catch (Throwable e) { // invokeExact declares it
      throw failed("mmap", e);
    }
    if (start == -1) {
      throw new OutOfMemoryError("the system refused %d bytes of memory".formatted(size));
    }
    return MemorySegment.ofAddress(start).reinterpret(size, arena, SystemPages::unmap);
  }

  private static void unmap(MemorySegment memory) {
    int result = call("munmap", Calls.MUNMAP, memory, 0);
    assert result == 0;
  }

  /**
   * Asks for huge pages: a processor finds the addresses of some thousand pages without looking
   * them up in memory, and fetches ahead only within one. Whether they come is the system's choice,
   * and nothing but speed depends on it.
   */
  public static void adviseHuge(MemorySegment memory) {
    int ignored = call("madvise", Calls.MADVISE, memory, ADVICE_HUGE_PAGES);
  }

  /** Makes memory executable and no longer writable. False if the system refuses. */
  public static boolean makeExecutable(MemorySegment memory) {
    return call("mprotect", Calls.MPROTECT, memory, READ_EXECUTE) == 0;
  }

  private static IllegalStateException failed(String call, Throwable cause) {
    return new IllegalStateException(call + " failed", cause);
  }
}
