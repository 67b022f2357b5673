package ai.kolm.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.kolm.weights.ModelFormatException;

/** Byte-level byte-pair encoding. */
class ByteLevelContractTest extends TokenizerContract {
  @Override
  Tokenizer tokenizer() throws ModelFormatException {
    return TinyTokenizers.read(TinyTokenizers.byteLevel());
  }

  @Override
  void assertReturned(Tokenizer tokenizer, String text, int[] ids) {
    assertEquals(text, tokenizer.decode(ids));
  }
}
