package ai.kolm.kernels;

import java.lang.foreign.Arena;

/**
 * Which kernels a process uses, and why. Chosen once, at start.
 *
 * @param set the set
 * @param reason one clause for the log: why this one
 */
public record KernelSelection(Set set, String reason) {
  private static final String VECTOR_MODULE = "jdk.incubator.vector";

  /** The sets there are. */
  public enum Set {
    /** The specification. */
    SCALAR,
    /** The Vector API. */
    VECTOR;

    /**
     * The set called {@code name}, in any case.
     *
     * @throws IllegalArgumentException naming those that exist
     */
    public static Set of(String name) {
      for (Set set : values()) {
        if (set.name().equalsIgnoreCase(name)) {
          return set;
        }
      }
      throw new IllegalArgumentException(
          "no kernels are called \"%s\"; there are: scalar, vector".formatted(name));
    }
  }

  /** The fastest set that this process can run. */
  public static KernelSelection best() {
    return vectorModulePresent()
        ? new KernelSelection(Set.VECTOR, "module " + VECTOR_MODULE + " is present")
        : new KernelSelection(
            Set.SCALAR,
            "module " + VECTOR_MODULE + " is absent; add --add-modules " + VECTOR_MODULE);
  }

  /**
   * The set asked for by name.
   *
   * @throws IllegalStateException if this process cannot run it
   */
  public static KernelSelection forced(Set set) {
    if (set == Set.VECTOR && !vectorModulePresent()) {
      throw new IllegalStateException(
          "vector kernels need the JVM flag --add-modules " + VECTOR_MODULE);
    }
    return new KernelSelection(set, "asked for");
  }

  /** Whether the Vector API is there; without it {@link VectorKernels} must not be touched. */
  public static boolean vectorModulePresent() {
    return ModuleLayer.boot().findModule(VECTOR_MODULE).isPresent();
  }

  /** Kernels of the chosen set. */
  public Kernels create(WorkerPool pool, Arena arena) {
    return switch (set) {
      case SCALAR -> new ScalarKernels(pool);
      case VECTOR -> new VectorKernels(pool, arena);
    };
  }
}
