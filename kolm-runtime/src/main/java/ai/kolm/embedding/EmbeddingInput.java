package ai.kolm.embedding;

/** What a vector is made of. */
public sealed interface EmbeddingInput {

  /** A text. The names of special tokens in it are these tokens, as in the reference. */
  record Text(String text) implements EmbeddingInput {}

  /**
   * Tokens of the model's own tokenizer, without the special ones around a text.
   *
   * @param ids not to be changed afterwards
   */
  record Tokens(int[] ids) implements EmbeddingInput {}
}
