package ai.kolm.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** SmolLM2, from GGUF; the bytes it lacks are not in these texts. */
class SmolLm2ContractTest extends TokenizerContract {
  @Override
  Tokenizer tokenizer() {
    return ReferenceTokenizer.SMOLLM2_GGUF.tokenizer();
  }

  @Override
  void assertReturned(Tokenizer tokenizer, String text, int[] ids) {
    assertEquals(text, tokenizer.decode(ids));
  }
}
