package ai.kolm.kernels.x86;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Machine code in executable memory.
 *
 * @param code its first byte
 */
record NativeRoutine(MemorySegment code) implements Routine {
  private static final MethodHandle CALL = handle();

  @SuppressWarnings("restricted") // CodeMemory.obstacle() tells whether native access is enabled
  private static MethodHandle handle() {
    return Linker.nativeLinker()
        .downcallHandle(
            FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG), Linker.Option.critical(false));
  }

  @Override
  public void call(long parameters) {
    try {
      CALL.invokeExact(code, parameters);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) { // invokeExact declares it
      throw new IllegalStateException(e);
    }
  }
}
