package ai.kolm.tokenizer;

/**
 * Rewrites a fragment of text before it is split. Immutable; linear in the length of the text.
 *
 * <p>Has no constants: the JVM keeps no lambda of an interface that is initialized in its AOT
 * cache.
 */
@FunctionalInterface
interface Normalizer {

  /**
   * Well-formed UTF-8, part of an array that nobody changes.
   *
   * @param bytes the array
   * @param from where the text starts
   * @param to where it ends
   */
  record Text(byte[] bytes, int from, int to) {
    static Text of(byte[] bytes) {
      return new Text(bytes, 0, bytes.length);
    }

    int length() {
      return to - from;
    }
  }

  /**
   * The text as the model is to see it.
   *
   * @param text not empty
   * @param first whether it is the start of the input
   */
  Text apply(Text text, boolean first);

  /** This, then {@code next}. */
  default Normalizer then(Normalizer next) {
    return (text, first) -> {
      Text changed = apply(text, first);
      return changed.length() == 0 ? changed : next.apply(changed, first);
    };
  }
}
