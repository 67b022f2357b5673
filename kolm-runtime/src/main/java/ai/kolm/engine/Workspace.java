package ai.kolm.engine;

import ai.kolm.model.LogitColumns;
import ai.kolm.model.Logits;
import ai.kolm.sampling.Candidates;
import org.jspecify.annotations.Nullable;

/**
 * Scratch memory in which one token at a time is chosen, for a vocabulary.
 *
 * @param row logits, (vocabulary size)
 * @param candidates of tokens
 */
record Workspace(float[] row, Candidates candidates) {

  Workspace(int vocabularySize) {
    this(new float[vocabularySize], new Candidates(vocabularySize));
  }

  /**
   * Loads row {@code index}; the model may have more columns than there are tokens.
   *
   * @param wanted what is there of the row, and will be read; null: all
   */
  float[] load(Logits logits, int index, @Nullable LogitColumns wanted) {
    if (wanted == null) {
      logits.copyRow(index, row);
    } else {
      logits.copyRow(index, wanted, row);
    }
    return row;
  }
}
