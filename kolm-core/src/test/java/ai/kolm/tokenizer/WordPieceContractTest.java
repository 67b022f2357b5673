package ai.kolm.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.tokenizer.Tokenizer.SpecialTokens;
import ai.kolm.weights.ModelFormatException;

/** WordPiece, which keeps only the words it knows. */
class WordPieceContractTest extends TokenizerContract {
  @Override
  Tokenizer tokenizer() throws ModelFormatException {
    return TinyTokenizers.read(TinyTokenizers.wordPiece());
  }

  @Override
  void assertReturned(Tokenizer tokenizer, String text, int[] ids) {
    String decoded = tokenizer.decode(ids);
    if (decoded.contains("[UNK]")) {
      assertTrue(text.length() > 2, "the shorter texts are known");
    } else {
      assertArrayEquals(ids, tokenizer.encode(decoded, SpecialTokens.LITERAL));
    }
  }
}
