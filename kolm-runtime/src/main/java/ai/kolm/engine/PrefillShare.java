package ai.kolm.engine;

import java.util.Arrays;

/**
 * How many tokens of prompts a step may read beside sequences that decode, so that none of them
 * waits for its next token longer than {@value #MAX_GAP} steps without a prompt would take.
 *
 * <p>Both costs are measured: a step in which so many sequences decode costs what such steps cost
 * lately, and each token of a prompt adds what it added lately. The first is mostly the time to
 * read the weights, which a prompt shares, so a good part of a prompt's work is nearly free. The
 * second is no constant: kernels have steps, and attention grows with the position. But as it is
 * measured where it is used, between decoding alone and the step as it was, the share settles where
 * the bound holds. Numbers of sequences that have not been measured are taken from the nearest one,
 * as if each decoded token cost what one of a prompt does. Until anything is measured, reading the
 * weights is taken to cost nothing: the least favourable case.
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

  /** What a step costs in which index sequences decode; 0 where that is not known. */
  private double[] decode = new double[1];

  /** What one more token costs; 0 if that is not known. */
  private double token;

  /** What {@link #tokens} said last. */
  private int granted;

  private double limit = Integer.MAX_VALUE;

  /** The tokens that a step may read in which {@code decoding} sequences decode; at least one. */
  int tokens(int decoding) {
    double bound = (MAX_GAP - 1) * (token == 0 ? decoding : decodeCost(decoding) / token);
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
    if (token == 0) {
      token = cost / (decoding + prefill);
    }
    if (prefill == 0) {
      observeDecode(decoding, cost);
    } else {
      observeMixed(decoding, prefill, cost);
    }
  }

  private void observeDecode(int decoding, double cost) {
    if (decoding >= decode.length) {
      decode = Arrays.copyOf(decode, 2 * decoding);
    }
    double before = decodeCost(decoding);
    double believed = Math.min(cost, MAX_CHANGE * before);
    decode[decoding] = decode[decoding] == 0 ? believed : before + SMOOTHING * (believed - before);
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

  private double decodeCost(int decoding) {
    int known = nearest(decoding);
    if (known == 0) {
      return decoding * token;
    }
    // Between a step that is nothing but reading the weights and one that is nothing but computing.
    double inProportion = decode[known] * decoding / known;
    return Math.clamp(
        decode[known] + (decoding - known) * token,
        Math.min(decode[known], inProportion),
        Math.max(decode[known], inProportion));
  }

  /**
   * The number of sequences nearest to {@code decoding} whose cost is known; 0 if there is none.
   */
  private int nearest(int decoding) {
    for (int distance = 0; distance < decode.length + decoding; distance++) {
      int below = decoding - distance;
      int above = decoding + distance;
      if (below > 0 && below < decode.length && decode[below] > 0) {
        return below;
      }
      if (above < decode.length && decode[above] > 0) {
        return above;
      }
    }
    return 0;
  }
}
