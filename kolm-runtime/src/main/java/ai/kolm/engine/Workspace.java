package ai.kolm.engine;

import ai.kolm.grammar.TokenMask;
import ai.kolm.model.Logits;
import ai.kolm.sampling.Candidates;

/**
 * The scratch memory of the engine's thread, for a vocabulary.
 *
 * @param row logits, (vocabulary size)
 * @param mask of tokens
 * @param candidates of tokens
 */
record Workspace(float[] row, TokenMask mask, Candidates candidates) {

  Workspace(int vocabularySize) {
    this(new float[vocabularySize], new TokenMask(vocabularySize), new Candidates(vocabularySize));
  }

  /** Loads row {@code index}; the model may have more columns than there are tokens. */
  float[] load(Logits logits, int index) {
    logits.copyRow(index, row);
    return row;
  }
}
