package ai.kolm.sampling;

import ai.kolm.grammar.TokenMask;

/**
 * The tokens that may still be drawn, lowest id first, and how likely each is. Scratch memory of
 * {@link SamplerChain}s, one at a time, for a vocabulary. What it takes, 28 bytes a token, is
 * allocated when tokens are loaded for the first time.
 *
 * <p>Logits are relative to the highest one loaded, so none is positive. Weights are their
 * exponentials: probabilities but for a common factor. They are computed when the first stage asks,
 * often after an earlier stage has removed most tokens.
 */
public final class Candidates {
  private final int vocabularySize;
  int[] ids = {};
  float[] logits = {};
  double[] weights = {};
  float[] scores = {};
  Ranking ranking = new Ranking(0);
  int count;
  private boolean weighed;
  private double total;

  /**
   * @param vocabularySize token ids are below this
   */
  public Candidates(int vocabularySize) {
    this.vocabularySize = vocabularySize;
  }

  private void allocate() {
    ids = new int[vocabularySize];
    logits = new float[vocabularySize];
    weights = new double[vocabularySize];
    scores = new float[vocabularySize];
    ranking = new Ranking(vocabularySize);
  }

  /** Starts over with the tokens that {@code mask} allows. */
  void load(float[] row, TokenMask mask) {
    if (ids.length < vocabularySize) {
      allocate();
    }
    count = 0;
    weighed = false;
    float highest = Float.NEGATIVE_INFINITY;
    if (mask.allowsAll()) {
      for (int id = 0; id < ids.length; id++) {
        ids[id] = id;
        highest = Math.max(highest, row[id]);
      }
      System.arraycopy(row, 0, logits, 0, ids.length);
      count = ids.length;
    } else {
      highest = loadAllowed(row, mask);
    }
    if (count == 0) {
      throw new IllegalStateException("no token is allowed");
    }
    shift(highest);
  }

  /** Takes the allowed rows only, a word of the mask at a time; returns the highest logit. */
  private float loadAllowed(float[] row, TokenMask mask) {
    float highest = Float.NEGATIVE_INFINITY;
    int size = 0;
    for (int index = 0; index < mask.words(); index++) {
      long word = mask.word(index);
      if (word == -1L) {
        int first = index << 6;
        System.arraycopy(row, first, logits, size, 64);
        for (int id = first; id < first + 64; id++) {
          ids[size++] = id;
          highest = Math.max(highest, row[id]);
        }
        continue;
      }
      for (long rest = word; rest != 0; rest &= rest - 1) {
        int id = (index << 6) + Long.numberOfTrailingZeros(rest);
        ids[size] = id;
        logits[size++] = row[id];
        highest = Math.max(highest, row[id]);
      }
    }
    count = size;
    return highest;
  }

  private void shift(float highest) {
    if (Float.isInfinite(highest)) {
      throw new ArithmeticException("the highest logit, after bias and penalties, is " + highest);
    }
    for (int i = 0; i < count; i++) {
      logits[i] -= highest;
    }
  }

  /** Makes {@link #weights} valid; returns their sum, added from the lowest id on. */
  double weigh() {
    if (!weighed) {
      total = 0;
      for (int i = 0; i < count; i++) {
        double weight = Exp.of(logits[i]);
        weights[i] = weight;
        total += weight;
      }
      weighed = true;
    }
    return total;
  }

  /** Keeps the candidates that the ranking by {@code by} puts at {@code last} or before. */
  void keepThrough(long last, float[] by) {
    float score = Ranking.score(last);
    int index = Ranking.index(last);
    int kept = 0;
    for (int i = 0; i < count; i++) {
      boolean keep = by[i] > score || (by[i] == score && i <= index);
      move(i, kept);
      kept += keep ? 1 : 0;
    }
    shrink(kept);
  }

  /** Keeps the candidates whose logit is at least {@code floor}. */
  void keepAtLeast(float floor) {
    int kept = 0;
    for (int i = 0; i < count; i++) {
      boolean keep = logits[i] >= floor;
      move(i, kept);
      kept += keep ? 1 : 0;
    }
    shrink(kept);
  }

  private void move(int from, int to) {
    ids[to] = ids[from];
    logits[to] = logits[from];
    weights[to] = weights[from];
  }

  private void shrink(int kept) {
    count = kept;
    if (weighed) {
      total = 0;
      for (int i = 0; i < count; i++) {
        total += weights[i];
      }
    }
  }

  /** Draws by inverting the distribution function over ascending ids; {@code uniform} in [0, 1). */
  int draw(double uniform) {
    double target = uniform * weigh();
    double sum = 0;
    int last = 0;
    for (int i = 0; i < count; i++) {
      sum += weights[i];
      if (sum > target) {
        return ids[i];
      }
      last = weights[i] > 0 ? i : last;
    }
    return ids[last];
  }
}
