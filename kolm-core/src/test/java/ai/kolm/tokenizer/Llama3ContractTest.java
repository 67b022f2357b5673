package ai.kolm.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** Llama 3.2, from tokenizer.json. */
class Llama3ContractTest extends TokenizerContract {
  @Override
  Tokenizer tokenizer() {
    return ReferenceTokenizer.LLAMA3_2_JSON.tokenizer();
  }

  @Override
  void assertReturned(Tokenizer tokenizer, String text, int[] ids) {
    assertEquals(text, tokenizer.decode(ids));
  }
}
