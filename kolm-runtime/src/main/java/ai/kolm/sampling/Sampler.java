package ai.kolm.sampling;

/** One stage between logits and the draw: reshapes the distribution or removes candidates. */
@FunctionalInterface
interface Sampler {

  /** Leaves at least one candidate. */
  void apply(Candidates candidates);
}
