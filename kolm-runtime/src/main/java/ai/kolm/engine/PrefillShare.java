package ai.kolm.engine;

/**
 * How many tokens of prompts a step may read beside sequences that decode, so that none of them
 * waits for its next token longer than {@value #MAX_GAP} steps without a prompt would take.
 *
 * <p>The cost of a step is taken as a line through what is measured: a step of nothing but decoding
 * costs what such steps cost lately, and each token of a prompt adds what it added lately. The first
 * is mostly the time to read the weights, which a prompt shares, so a good part of a prompt's work
 * is nearly free. The second is not quite a constant: kernels have steps, and attention grows with
 * the position. But as it is measured where it is used, between decoding alone and the step as it
 * was, the share settles where the bound holds. Until something is measured, reading the weights is
 * taken to cost nothing: the least favourable case.
 *
 * <p>A share grows by a quarter per step at most and shrinks at once, so that the bound is not
 * broken by trying. One measurement out of line (a collection of garbage, another process) is not
 * believed altogether.
 */
final class PrefillShare {
  static final int MAX_GAP = 3;

  private static final double SMOOTHING = 0.25;
  private static final double GROWTH = 1.25;
  private static final double MAX_CHANGE = 4;

  /** What a step costs in which {@link #rows} sequences decode. */
  private double decode = 1;

  private double rows = 1;

  /** What one more token costs. */
  private double token = 1;

  private boolean measured;

  /** What {@link #tokens} said last. */
  private int granted;

  private double limit = Integer.MAX_VALUE;

  /** The tokens that a step may read in which {@code decoding} sequences decode; at least one. */
  int tokens(int decoding) {
    double bound = (MAX_GAP - 1) * decodeCost(decoding) / token;
    granted = (int) Math.max(1, Math.min(bound, limit));
    return granted;
  }

  /**
   * Takes note of a step.
   *
   * @param decoding sequences that decoded
   * @param prefill tokens of prompts beside them
   * @param cost of the step, in any unit that stays the same
   */
  void observe(int decoding, int prefill, double cost) {
    if (decoding == 0 || cost <= 0) {
      return; // nobody waited
    }
    if (!measured) {
      measured = true;
      token = cost / (decoding + prefill);
      decode = cost - prefill * token;
      rows = decoding;
    } else if (prefill == 0) {
      decode += SMOOTHING * (Math.min(cost, MAX_CHANGE * decode) - decode);
      rows += SMOOTHING * (decoding - rows);
    } else {
      observeMixed(decoding, prefill, cost);
    }
  }

  private void observeMixed(int decoding, int prefill, double cost) {
    double alone = decodeCost(decoding);
    double added = Math.clamp((cost - alone) / prefill, token / MAX_CHANGE, token * MAX_CHANGE);
    if (cost > MAX_GAP * alone) {
      token = Math.max(token, added);
      limit = prefill;
    } else {
      token += SMOOTHING * (added - token);
      if (4L * prefill >= 3L * granted) {
        limit = GROWTH * granted + 1;
      }
    }
  }

  /** Between what reading the weights alone would cost and what computing alone would. */
  private double decodeCost(int decoding) {
    double inProportion = decode * decoding / rows;
    return Math.clamp(
        decode + (decoding - rows) * token,
        Math.min(decode, inProportion),
        Math.max(decode, inProportion));
  }
}
