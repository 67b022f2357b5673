package ai.kolm.model;

import ai.kolm.kernels.KernelSelection;
import java.util.List;
import java.util.stream.Stream;

/** The kernel sets that this machine can run, for tests that go over all of them. */
final class KernelSets {
  private KernelSets() {}

  /** Those that can run; says why another cannot. */
  static List<KernelSelection.Set> runnable() {
    return Stream.of(KernelSelection.Set.values()).filter(KernelSets::canRun).toList();
  }

  private static boolean canRun(KernelSelection.Set set) {
    boolean can = set != KernelSelection.Set.EMITTED || KernelSelection.emittedObstacle().isEmpty();
    if (!can) {
      System.out.println("emitted kernels not tested: " + KernelSelection.emittedObstacle());
    }
    return can;
  }
}
