package ai.kolm.kernels;

import ai.kolm.kernels.x86.CodeMemory;
import ai.kolm.kernels.x86.CpuFeatures;
import java.lang.foreign.Arena;

/**
 * Which kernels a process uses, and why. Chosen once, at start.
 *
 * @param set the set
 * @param reason one clause for the log: why this one
 * @param fastPrompts whether products of many rows may round activations to 8 bits, or, with AMX,
 *     both factors to bfloat16, where that is faster: results then depend on what is computed
 *     together (D0)
 */
public record KernelSelection(Set set, String reason, boolean fastPrompts) {
  private static final String VECTOR_MODULE = "jdk.incubator.vector";

  /** The sets there are. */
  public enum Set {
    /** The specification. */
    SCALAR,
    /** The Vector API. */
    VECTOR,
    /** Machine code for x86-64, assembled as it is called. */
    EMITTED;

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
          "no kernels are called \"%s\"; there are: scalar, vector, emitted".formatted(name));
    }
  }

  /** The fastest set that this process can run. */
  public static KernelSelection best() {
    String obstacle = emittedObstacle();
    if (obstacle.isEmpty()) {
      return new KernelSelection(
          Set.EMITTED, "the processor has " + Processor.DETECTED.features(), false);
    }
    return vectorModulePresent()
        ? new KernelSelection(Set.VECTOR, obstacle, false)
        : new KernelSelection(
            Set.SCALAR,
            "%s, and module %s is absent; add --add-modules %s"
                .formatted(obstacle, VECTOR_MODULE, VECTOR_MODULE),
            false);
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
    if (set == Set.EMITTED && !emittedObstacle().isEmpty()) {
      throw new IllegalStateException("emitted kernels cannot run: " + emittedObstacle());
    }
    return new KernelSelection(set, "asked for", false);
  }

  /** This selection with fast prompts. */
  public KernelSelection withFastPrompts() {
    return new KernelSelection(set, reason, true);
  }

  /** Whether the Vector API is there; without it {@link VectorKernels} must not be touched. */
  public static boolean vectorModulePresent() {
    return ModuleLayer.boot().findModule(VECTOR_MODULE).isPresent();
  }

  /** Why emitted kernels cannot run here; empty if they can. */
  public static String emittedObstacle() {
    return Processor.DETECTED.obstacle();
  }

  /** Asked once. */
  private record Processor(CpuFeatures features, String obstacle) {
    static final Processor DETECTED = detect();

    private static Processor detect() {
      String obstacle = CodeMemory.obstacle();
      if (!obstacle.isEmpty()) {
        return new Processor(CpuFeatures.NONE, obstacle);
      }
      try {
        CpuFeatures features = CpuFeatures.detect(new CodeMemory());
        return new Processor(
            features, features.avx2() ? "" : "the processor has no AVX2 with FMA and F16C");
      } catch (IllegalStateException e) {
        return new Processor(CpuFeatures.NONE, String.valueOf(e.getMessage()));
      }
    }
  }

  /** Kernels of the chosen set. */
  public Kernels create(WorkerPool pool, Arena arena) {
    return switch (set) {
      case EMITTED -> {
        CodeMemory space = new CodeMemory();
        CpuFeatures features = Processor.DETECTED.features();
        CpuFeatures used = fastPrompts ? features.permitted(space) : features;
        yield new EmittedKernels(pool, arena, used, space, fastPrompts);
      }
      case SCALAR -> new ScalarKernels(pool);
      case VECTOR -> new VectorKernels(pool, arena);
    };
  }
}
