package ai.kolm.sampling;

import java.util.Arrays;

/**
 * Makes tokens less likely that have been used before. Per answer.
 *
 * <ul>
 *   <li>repetition: a token of the prompt or the answer has its logit divided by the penalty if it
 *       is positive, else multiplied (Keskar et al. 2019, "CTRL", with the sign rule that made it
 *       work for negative logits);
 *   <li>then, for tokens of the answer, {@code frequency * count + presence} is subtracted (as the
 *       OpenAI API defines it).
 * </ul>
 */
final class Penalties {
  private final float repetition;
  private final float frequency;
  private final float presence;
  private final boolean none;

  /** The distinct tokens seen. */
  private int[] ids;

  /** How often each of {@link #ids} is in the answer. */
  private int[] counts;

  private int size;

  Penalties(SamplingParams params, int[] prompt) {
    repetition = params.repetitionPenalty();
    frequency = params.frequencyPenalty();
    presence = params.presencePenalty();
    none = repetition == 1 && frequency == 0 && presence == 0;
    ids = repetition == 1 ? new int[0] : Arrays.stream(prompt).distinct().toArray();
    counts = new int[ids.length];
    size = ids.length;
  }

  void apply(float[] row) {
    for (int i = 0; i < size; i++) {
      float logit = row[ids[i]];
      logit = logit > 0 ? logit / repetition : logit * repetition;
      row[ids[i]] = counts[i] == 0 ? logit : logit - (frequency * counts[i] + presence);
    }
  }

  /** Counts a token of the answer; takes as long as {@link #apply}. */
  void accept(int id) {
    if (none) {
      return;
    }
    int at = 0;
    while (at < size && ids[at] != id) {
      at++;
    }
    if (at == ids.length) {
      ids = Arrays.copyOf(ids, 2 * size + 16);
      counts = Arrays.copyOf(counts, ids.length);
    }
    size = Math.max(size, at + 1);
    ids[at] = id;
    counts[at]++;
  }
}
