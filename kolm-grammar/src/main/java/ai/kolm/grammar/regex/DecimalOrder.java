package ai.kolm.grammar.regex;

import java.math.BigDecimal;

/**
 * Compares a JSON number without exponent, digit by digit from the left, with a fixed bound.
 *
 * <p>While the integer part is read, the number of its digits and their order against the first
 * digits of the bound are kept; a longer integer part is the larger number. Behind the point the
 * first different digit decides. Both signs are read; {@code -0} is 0.
 *
 * @param digits the bound's absolute value: digits before the point, none for 0
 * @param fraction its digits behind the point, without zeros at the end
 * @param negative whether the bound is below 0
 * @param accepted which outcomes are accepted: 1 for below, 2 for equal, 4 for above, added up
 */
record DecimalOrder(String digits, String fraction, boolean negative, int accepted)
    implements LeafAutomaton {
  static final int BELOW = 1;
  static final int EQUAL = 2;
  static final int ABOVE = 4;

  private static final int[] CUTS = {
    '-', '-' + 1, '.', '.' + 1, '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '9' + 1
  };
  private static final int INTEGER = 1;
  private static final int FRACTION = 2;

  static DecimalOrder of(BigDecimal bound, int accepted) {
    String plain = bound.abs().toPlainString();
    int point = plain.indexOf('.');
    String whole = point < 0 ? plain : plain.substring(0, point);
    String rest = point < 0 ? "" : plain.substring(point + 1);
    return new DecimalOrder(
        whole.replaceFirst("^0+", ""), rest.replaceFirst("0+$", ""), bound.signum() < 0, accepted);
  }

  // A state: sign bit, phase (2 bits), order so far + 1 (2 bits), any digit not 0 (1 bit),
  // position.

  private static int state(boolean minus, int phase, int order, boolean nonZero, int position) {
    return (minus ? 1 : 0) | phase << 1 | (order + 1) << 3 | (nonZero ? 1 << 5 : 0) | position << 6;
  }

  @Override
  public int start() {
    return state(false, 0, 0, false, 0);
  }

  @Override
  public int[] cuts() {
    return CUTS;
  }

  @Override
  public int step(int state, int codePoint) {
    int next = read(state, codePoint);
    return next >= 0 && mayBeAccepted(next) ? next : -1;
  }

  private int read(int state, int codePoint) {
    boolean minus = (state & 1) != 0;
    int phase = state >> 1 & 3;
    int order = (state >> 3 & 3) - 1;
    boolean nonZero = (state & (1 << 5)) != 0;
    int position = state >> 6;
    if (codePoint == '-') {
      return phase == 0 && !minus ? state(true, 0, 0, false, 0) : -1;
    }
    if (codePoint == '.') {
      return phase == INTEGER
          ? state(minus, FRACTION, wholeOrder(order, position), nonZero, 0)
          : -1;
    }
    if (codePoint < '0' || codePoint > '9') {
      return -1;
    }
    boolean some = nonZero || codePoint != '0';
    return phase == FRACTION
        ? fractionDigit(minus, order, some, position, codePoint)
        : wholeDigit(minus, order, some, position, codePoint);
  }

  private int wholeDigit(boolean minus, int order, boolean nonZero, int position, int digit) {
    if (!nonZero) {
      return state(minus, INTEGER, 0, false, 0);
    }
    if (position >= digits.length()) {
      return state(minus, INTEGER, 1, true, digits.length() + 1);
    }
    int next = order != 0 ? order : Integer.signum(digit - digits.charAt(position));
    return state(minus, INTEGER, next, true, position + 1);
  }

  private int fractionDigit(boolean minus, int order, boolean nonZero, int position, int digit) {
    if (order != 0) {
      return state(minus, FRACTION, order, nonZero, 0);
    }
    int expected = position < fraction.length() ? fraction.charAt(position) : '0';
    int next = Integer.signum(digit - expected);
    int read = next != 0 ? 0 : Math.min(position + 1, fraction.length());
    return state(minus, FRACTION, next, nonZero, read);
  }

  /** The order of the integer parts alone: fewer digits are less. */
  private int wholeOrder(int order, int position) {
    return position == digits.length() ? order : Integer.compare(position, digits.length());
  }

  @Override
  public boolean accepts(int state) {
    int phase = state >> 1 & 3;
    if (phase == 0) {
      return false;
    }
    boolean minus = (state & 1) != 0;
    int order = (state >> 3 & 3) - 1;
    int position = state >> 6;
    int size;
    if (phase == INTEGER) {
      int whole = wholeOrder(order, position);
      size = whole == 0 && !fraction.isEmpty() ? -1 : whole;
    } else {
      size = order == 0 && position < fraction.length() ? -1 : order;
    }
    boolean zero = (state & (1 << 5)) == 0;
    return (accepted & (1 << (signed(minus && !zero, zero, size) + 1))) != 0;
  }

  /** Whether some number that begins so is accepted: what is dead early is never walked. */
  private boolean mayBeAccepted(int state) {
    int phase = state >> 1 & 3;
    if (phase == 0) {
      return true;
    }
    boolean minus = (state & 1) != 0;
    boolean nonZero = (state & (1 << 5)) != 0;
    int sizes =
        phase == INTEGER
            ? wholeSizes((state >> 3 & 3) - 1, nonZero, state >> 6)
            : fractionSizes((state >> 3 & 3) - 1, state >> 6);
    int outcomes = 0;
    for (int size = -1; size <= 1; size++) {
      if ((sizes & (1 << (size + 1))) != 0) {
        outcomes |= 1 << (signed(minus, false, size) + 1);
        outcomes |= nonZero ? 0 : 1 << (signed(false, true, size) + 1);
      }
    }
    return (outcomes & accepted) != 0;
  }

  /** How the absolute value may turn out when some of the integer part has been read, as bits. */
  private int wholeSizes(int order, boolean nonZero, int position) {
    if (!nonZero) {
      return BELOW | EQUAL | ABOVE;
    }
    if (position > digits.length()) {
      return ABOVE;
    }
    boolean below = position < digits.length() || order < 0 || (order == 0 && !fraction.isEmpty());
    return ABOVE | (order == 0 ? EQUAL : 0) | (below ? BELOW : 0);
  }

  private int fractionSizes(int order, int position) {
    if (order != 0) {
      return 1 << (order + 1);
    }
    return ABOVE | EQUAL | (position < fraction.length() ? BELOW : 0);
  }

  /** The order of the numbers, from that of their absolute values. */
  private int signed(boolean minus, boolean zero, int size) {
    boolean boundIsZero = digits.isEmpty() && fraction.isEmpty();
    if (minus == negative) {
      return minus ? -size : size;
    }
    if (negative) {
      return 1;
    }
    return zero && boundIsZero ? 0 : -1;
  }
}
