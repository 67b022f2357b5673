package ai.kolm.kernels;

import ai.kolm.kernels.x86.Assembler;
import ai.kolm.kernels.x86.CodeSpace;
import ai.kolm.kernels.x86.Routine;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A routine that is assembled when it is first called: of all that a processor could be asked to
 * do, a start needs little, and the assembler is slow before it is compiled. Safe for use by many
 * threads.
 */
final class LateRoutine implements Routine {
  private final CodeSpace space;
  private final Supplier<Assembler> code;
  private volatile @Nullable Routine placed;

  LateRoutine(CodeSpace space, Supplier<Assembler> code) {
    this.space = space;
    this.code = code;
  }

  @Override
  public void call(long parameters) {
    Routine routine = placed;
    if (routine == null) {
      routine = place();
    }
    routine.call(parameters);
  }

  private synchronized Routine place() {
    Routine routine = placed;
    if (routine == null) {
      routine = space.place(code.get());
      placed = routine;
    }
    return routine;
  }
}
