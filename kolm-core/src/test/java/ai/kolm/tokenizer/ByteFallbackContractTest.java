package ai.kolm.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.kolm.weights.ModelFormatException;

/** Byte-pair encoding of characters with byte fallback. */
class ByteFallbackContractTest extends TokenizerContract {
  @Override
  Tokenizer tokenizer() throws ModelFormatException {
    return TinyTokenizers.read(TinyTokenizers.byteFallback());
  }

  @Override
  void assertReturned(Tokenizer tokenizer, String text, int[] ids) {
    assertEquals(text.replace('\u2581', ' '), tokenizer.decode(ids));
  }
}
