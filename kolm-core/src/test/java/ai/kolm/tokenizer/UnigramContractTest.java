package ai.kolm.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.kolm.weights.ModelFormatException;

/** Unigram. Its decoder drops the space that its encoder puts in front. */
class UnigramContractTest extends TokenizerContract {
  @Override
  Tokenizer tokenizer() throws ModelFormatException {
    return TinyTokenizers.read(TinyTokenizers.unigram());
  }

  @Override
  void assertReturned(Tokenizer tokenizer, String text, int[] ids) {
    String spaced = text.replace('\u2581', ' ');
    assertEquals(spaced.startsWith(" ") ? spaced.substring(1) : spaced, tokenizer.decode(ids));
  }
}
