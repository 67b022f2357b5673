package ai.kolm.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** Gemma 3, from GGUF. */
class Gemma3ContractTest extends TokenizerContract {
  @Override
  Tokenizer tokenizer() {
    return ReferenceTokenizer.GEMMA3_GGUF.tokenizer();
  }

  @Override
  void assertReturned(Tokenizer tokenizer, String text, int[] ids) {
    assertEquals(text.replace('\u2581', ' '), tokenizer.decode(ids));
  }
}
