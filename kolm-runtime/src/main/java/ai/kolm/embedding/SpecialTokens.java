package ai.kolm.embedding;

import ai.kolm.tokenizer.Tokenizer;
import ai.kolm.tokenizer.Vocabulary;
import ai.kolm.weights.ModelFormatException;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * What stands around the tokens of a text.
 *
 * @param first in front
 * @param last behind
 */
record SpecialTokens(OptionalInt first, OptionalInt last) {

  /** Those of an encoder, which has both. */
  static SpecialTokens ofEncoder(String file, Tokenizer tokenizer) throws ModelFormatException {
    Optional<SpecialTokens> bert = find(tokenizer, "[CLS]", "[SEP]");
    return bert.or(() -> find(tokenizer, "<s>", "</s>"))
        .orElseThrow(
            () ->
                new ModelFormatException(
                    file, "the tokenizer has neither [CLS] and [SEP] nor <s> and </s>"));
  }

  private static Optional<SpecialTokens> find(Tokenizer tokenizer, String first, String last) {
    OptionalInt from = tokenizer.vocabulary().id(first);
    OptionalInt to = tokenizer.vocabulary().id(last);
    return from.isPresent() && to.isPresent()
        ? Optional.of(new SpecialTokens(from, to))
        : Optional.empty();
  }

  /** Those of a decoder: what its tokenizer adds to a text, perhaps nothing. */
  static SpecialTokens ofDecoder(Vocabulary vocabulary) {
    return new SpecialTokens(
        vocabulary.addsBos() ? vocabulary.bos() : OptionalInt.empty(), vocabulary.closing());
  }

  int[] around(int[] content) {
    return IntStream.concat(IntStream.concat(first.stream(), IntStream.of(content)), last.stream())
        .toArray();
  }
}
