package ai.kolm.grammar.regex;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Optional;

/**
 * Sets of numbers as languages of their JSON spellings (RFC 8259, section 6). A set without
 * constraint may be spelled with an exponent; all others are spelled in plain decimals, with every
 * number of zeros at the end, so that set operations on values are those on languages.
 *
 * <p>To keep a weak model from writing digits without end, a plain number has at most {@value
 * #WHOLE_DIGITS} digits before the point and {@value #FRACTION_DIGITS} behind it.
 */
public final class Numbers {
  /** Digits before the point. */
  public static final int WHOLE_DIGITS = 64;

  /** Digits behind the point. */
  public static final int FRACTION_DIGITS = 32;

  private static final int EXPONENT_DIGITS = 2;
  private static final int MAX_UNIT = 100_000;

  private final RegexAlgebra algebra;
  private final int plain;
  private final int integers;
  private final int exponents;
  private final int shortest;
  private final int whole;

  /** The languages in {@code algebra}. */
  public Numbers(RegexAlgebra algebra) {
    this.algebra = algebra;
    int digit = algebra.characters(CodePoints.of('0', '9'));
    int minus = algebra.repeat(algebra.literal("-"), 0, 1);
    int nonZero = algebra.characters(CodePoints.of('1', '9'));
    whole =
        algebra.concat(
            minus,
            algebra.union(
                algebra.literal("0"),
                algebra.concat(nonZero, algebra.repeat(digit, 0, WHOLE_DIGITS - 1))));
    int point = algebra.literal(".");
    int fraction = algebra.concat(point, algebra.repeat(digit, 1, FRACTION_DIGITS));
    int zeros = algebra.concat(point, algebra.repeat(algebra.literal("0"), 1, FRACTION_DIGITS));
    plain = algebra.concat(whole, algebra.repeat(fraction, 0, 1));
    integers = algebra.concat(whole, algebra.repeat(zeros, 0, 1));
    int sign = algebra.repeat(algebra.characters(CodePoints.of('+', '+', '-', '-')), 0, 1);
    int mark = algebra.characters(CodePoints.of('e', 'e', 'E', 'E'));
    int exponent =
        algebra.concat(mark, algebra.concat(sign, algebra.repeat(digit, 1, EXPONENT_DIGITS)));
    exponents = algebra.concat(plain, exponent);
    int nonZeroEnd = algebra.concat(algebra.repeat(digit, 0, FRACTION_DIGITS - 1), nonZero);
    int trimmed = algebra.concat(whole, algebra.repeat(algebra.concat(point, nonZeroEnd), 0, 1));
    shortest = algebra.minus(trimmed, algebra.literal("-0"));
  }

  /** All numbers, plain spellings. */
  public int all() {
    return plain;
  }

  /** All numbers without a fraction, plain spellings. */
  public int integers() {
    return integers;
  }

  /** The one shortest spelling of every number. */
  public int shortest() {
    return shortest;
  }

  /**
   * How the numbers of {@code set} are written: with an exponent too if it is the set of all.
   *
   * @param plainly whether a set of integers is written without a point
   */
  public int spelled(int set, boolean plainly) {
    if (set == plain) {
      return algebra.union(plain, exponents);
    }
    boolean isWhole =
        plainly && (set == integers || !algebra.isSatisfiable(algebra.minus(set, integers)));
    return isWhole ? algebra.intersect(set, whole) : set;
  }

  /** Numbers of at least {@code bound}. */
  public int atLeast(BigDecimal bound) {
    return compared(bound, DecimalOrder.EQUAL | DecimalOrder.ABOVE);
  }

  /** Numbers above {@code bound}. */
  public int above(BigDecimal bound) {
    return compared(bound, DecimalOrder.ABOVE);
  }

  /** Numbers of at most {@code bound}. */
  public int atMost(BigDecimal bound) {
    return compared(bound, DecimalOrder.EQUAL | DecimalOrder.BELOW);
  }

  /** Numbers below {@code bound}. */
  public int below(BigDecimal bound) {
    return compared(bound, DecimalOrder.BELOW);
  }

  /** The one number. */
  public int equalTo(BigDecimal value) {
    return compared(value, DecimalOrder.EQUAL);
  }

  private int compared(BigDecimal bound, int accepted) {
    return algebra.intersect(plain, algebra.leaf(DecimalOrder.of(bound, accepted)));
  }

  /** Multiples of {@code unit}, which is above 0; empty if the automaton would be too large. */
  public Optional<Integer> multiplesOf(BigDecimal unit) {
    BigDecimal stripped = unit.stripTrailingZeros();
    int scale = Math.max(0, stripped.scale());
    BigInteger whole = stripped.movePointRight(scale).toBigIntegerExact();
    if (scale > FRACTION_DIGITS || whole.compareTo(BigInteger.valueOf(MAX_UNIT)) > 0) {
      return Optional.empty();
    }
    return Optional.of(
        algebra.intersect(plain, algebra.leaf(new Multiple(whole.intValueExact(), scale))));
  }

  /** Whether {@code value} can be written within the digits allowed. */
  public static boolean fits(BigDecimal value) {
    BigDecimal stripped = value.stripTrailingZeros();
    return stripped.scale() <= FRACTION_DIGITS
        && stripped.precision() - stripped.scale() <= WHOLE_DIGITS;
  }
}
