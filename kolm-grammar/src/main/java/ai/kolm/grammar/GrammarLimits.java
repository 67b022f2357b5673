package ai.kolm.grammar;

/**
 * What a grammar may cost. A grammar over one of these is refused with {@link
 * GrammarException.Code#TOO_COMPLEX} and the name of the limit; nothing is guessed.
 *
 * <p>A unit of fuel is one small step of a compiler or an automaton, in the order of 50 ns.
 *
 * @param sourceBytes length of a schema, pattern or grammar as UTF-8; default 1 MiB
 * @param sourceDepth nesting of a schema, pattern or grammar; default 64
 * @param valueDepth nesting of objects and arrays in an answer; default 64
 * @param nodes nodes of regular expressions and of schemas; default 1,000,000, some 60 bytes each
 * @param states states of automata, all kinds together; default 250,000, 1 to 2 kB each
 * @param alternatives ways to read one value side by side; default 2,048
 * @param compileFuel for compiling; default 20 million, about 1 s
 * @param maskFuel for one mask or one accepted token; default 2 million, about 0.1 s
 * @param cacheBytes masks and automata that a grammar keeps; default 64 MiB
 */
public record GrammarLimits(
    int sourceBytes,
    int sourceDepth,
    int valueDepth,
    int nodes,
    int states,
    int alternatives,
    long compileFuel,
    long maskFuel,
    long cacheBytes) {

  /** The defaults named above. */
  public static final GrammarLimits DEFAULT =
      new GrammarLimits(
          1 << 20, 64, 64, 1_000_000, 250_000, 2_048, 20_000_000, 2_000_000, 64L << 20);

  /** Checks that each limit is positive. */
  public GrammarLimits {
    if (Math.min(Math.min(sourceBytes, sourceDepth), Math.min(valueDepth, nodes)) < 1
        || Math.min(states, alternatives) < 1
        || Math.min(Math.min(compileFuel, maskFuel), cacheBytes) < 1) {
      throw new IllegalArgumentException("limits must be positive");
    }
    if (valueDepth > 1_000 || sourceDepth > 1_000) {
      throw new IllegalArgumentException("depths above 1,000 could exhaust a stack");
    }
  }

  /** These limits with another nesting of answers. */
  public GrammarLimits withValueDepth(int depth) {
    return new GrammarLimits(
        sourceBytes,
        sourceDepth,
        depth,
        nodes,
        states,
        alternatives,
        compileFuel,
        maskFuel,
        cacheBytes);
  }

  /** These limits with other fuel. */
  public GrammarLimits withFuel(long compile, long mask) {
    return new GrammarLimits(
        sourceBytes,
        sourceDepth,
        valueDepth,
        nodes,
        states,
        alternatives,
        compile,
        mask,
        cacheBytes);
  }
}
