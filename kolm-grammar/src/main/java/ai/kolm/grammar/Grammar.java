package ai.kolm.grammar;

/**
 * A language over tokens, compiled for one vocabulary. Immutable; shared by all requests that use
 * it. The whole door of this module:
 *
 * <pre>{@code
 * TokenMatcher matcher = grammar.matcher();      // one per answer
 * while (!matcher.isComplete() ...) {
 *   matcher.fill(mask);                          // which tokens may come next
 *   int token = sample(logits, mask);
 *   matcher.accept(token);
 * }
 * }</pre>
 */
public interface Grammar {

  /** A matcher at the start of the language. */
  TokenMatcher matcher();

  /**
   * An estimate of the memory it holds now, in bytes. It grows with use, up to the limits it was
   * compiled with.
   */
  default long bytes() {
    return 0;
  }

  /** The language of all token sequences: nothing is refused. */
  static Grammar anything() {
    return Anything.INSTANCE;
  }
}
