package ai.kolm.grammar.regex;

/**
 * Whether a JSON number without exponent is a multiple of {@code unit / 10^scale}: its digits, with
 * {@code scale} of them behind the point, are a whole number whose remainder by {@code unit} is
 * kept digit by digit; digits further behind must be 0.
 *
 * @param unit at least 1, so small that the automaton stays small
 * @param scale digits behind the point that count
 */
record Multiple(int unit, int scale) implements LeafAutomaton {
  private static final int[] CUTS = {
    '-', '-' + 1, '.', '.' + 1, '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '9' + 1
  };

  // A state: remainder * (scale + 3) + phase; phase 0: no digit yet, 1: before the point,
  // 2 + n: n digits behind it.

  @Override
  public int start() {
    return 0;
  }

  @Override
  public int[] cuts() {
    return CUTS;
  }

  @Override
  public int step(int state, int codePoint) {
    int phases = scale + 3;
    int phase = state % phases;
    long remainder = state / phases;
    if (codePoint == '-') {
      return state == 0 ? 0 : -1;
    }
    if (codePoint == '.') {
      return phase == 1 && canBeCompleted(remainder, scale) ? (int) (remainder * phases + 2) : -1;
    }
    if (codePoint < '0' || codePoint > '9') {
      return -1;
    }
    if (phase == scale + 2) {
      return codePoint == '0' ? state : -1;
    }
    long next = (remainder * 10 + (codePoint - '0')) % unit;
    if (phase >= 2 && !canBeCompleted(next, scale + 1 - phase)) {
      return -1;
    }
    return (int) (next * phases + (phase < 2 ? 1 : phase + 1));
  }

  /** Whether so many digits more can make the remainder 0: what is dead is never walked. */
  private boolean canBeCompleted(long remainder, int digits) {
    long shifted = remainder;
    long choices = 1;
    for (int i = 0; i < digits && choices < unit; i++) {
      shifted = shifted * 10 % unit;
      choices *= 10;
    }
    return choices >= unit || (unit - shifted) % unit < choices;
  }

  @Override
  public boolean accepts(int state) {
    int phase = state % (scale + 3);
    if (phase == 0) {
      return false;
    }
    long remainder = state / (scale + 3);
    for (int digits = Math.max(0, phase - 2); digits < scale; digits++) {
      remainder = remainder * 10 % unit;
    }
    return remainder == 0;
  }
}
