package ai.kolm.json;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.json.JsonException.Code;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;
import java.util.TreeMap;

/**
 * The canonical form of JSON (RFC 8785, JCS): one value, one text. No white space, members sorted
 * by the UTF-16 code units of their names, the fewest escapes, numbers as ECMAScript writes them.
 * What is hashed or signed as JSON is written like this, and refused when it is not.
 */
public final class CanonicalJson {
  /** The largest integer, 2^53 - 1: every reader that keeps numbers as doubles keeps it exactly. */
  public static final long MAX_INTEGER = (1L << 53) - 1;

  /** From here on ECMAScript writes whole numbers with an exponent. */
  private static final double EXPONENT_FROM = 1e21;

  private static final int MAX_PLAIN_DIGITS = 21;
  private static final int MAX_LEADING_ZEROS = 6;

  private CanonicalJson() {}

  /**
   * The canonical text of {@code value}, as UTF-8.
   *
   * @throws IllegalArgumentException if an integer is beyond {@link #MAX_INTEGER}
   */
  public static byte[] write(Json value) {
    StringBuilder text = new StringBuilder();
    write(value, text);
    return text.toString().getBytes(UTF_8);
  }

  /**
   * Checks that {@code text} is the canonical text of {@code value}, which was read from it.
   *
   * @throws JsonException {@code NOT_CANONICAL} if it is not; {@code NUMBER} as {@link
   *     #requireExactNumbers}
   */
  public static void require(byte[] text, Json value) throws JsonException {
    requireExactNumbers(value);
    byte[] canonical = write(value);
    int difference = Arrays.mismatch(text, canonical);
    if (difference >= 0) {
      throw new JsonException(
          Code.NOT_CANONICAL,
          "not canonical JSON (RFC 8785): differs from its canonical form at byte " + difference);
    }
  }

  /**
   * Checks that every whole number in {@code value} is within +-{@link #MAX_INTEGER}.
   *
   * @throws JsonException {@code NUMBER} if one is not
   */
  public static void requireExactNumbers(Json value) throws JsonException {
    switch (value) {
      case Json.Obj object -> {
        for (Json member : object.members().values()) {
          requireExactNumbers(member);
        }
      }
      case Json.Arr array -> {
        for (Json item : array.items()) {
          requireExactNumbers(item);
        }
      }
      case Json.Int n -> requireExact(Math.abs((double) n.value()), Long.toString(n.value()));
      case Json.Real n -> {
        // A larger one has an exponent in canonical text, which says that it is no exact integer.
        if (Math.abs(n.value()) < EXPONENT_FROM) {
          requireExact(Math.abs(n.value()), number(n.value()));
        }
      }
      case Json.Str _, Json.Bool _, Json.Null _ -> {}
    }
  }

  private static void requireExact(double magnitude, String text) throws JsonException {
    if (magnitude > MAX_INTEGER) {
      throw new JsonException(
          Code.NUMBER, "number %s: expected at most %d in magnitude".formatted(text, MAX_INTEGER));
    }
  }

  private static void write(Json value, StringBuilder out) {
    switch (value) {
      case Json.Obj object -> writeObject(object, out);
      case Json.Arr array -> writeArray(array, out);
      case Json.Str string -> writeString(string.value(), out);
      case Json.Int n -> {
        if (Math.abs((double) n.value()) > MAX_INTEGER) {
          throw new IllegalArgumentException("no exact JSON integer: " + n.value());
        }
        out.append(n.value());
      }
      case Json.Real n -> out.append(number(n.value()));
      case Json.Bool b -> out.append(b.value());
      case Json.Null _ -> out.append("null");
    }
  }

  private static void writeObject(Json.Obj object, StringBuilder out) {
    // String.compareTo orders by UTF-16 code units, which is the order RFC 8785 asks for.
    Iterator<Map.Entry<String, Json>> members =
        new TreeMap<>(object.members()).entrySet().iterator();
    out.append('{');
    while (members.hasNext()) {
      Map.Entry<String, Json> member = members.next();
      writeString(member.getKey(), out);
      write(member.getValue(), out.append(':'));
      if (members.hasNext()) {
        out.append(',');
      }
    }
    out.append('}');
  }

  private static void writeArray(Json.Arr array, StringBuilder out) {
    out.append('[');
    for (int i = 0; i < array.items().size(); i++) {
      if (i > 0) {
        out.append(',');
      }
      write(array.items().get(i), out);
    }
    out.append(']');
  }

  private static void writeString(String text, StringBuilder out) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\b' -> out.append("\\b");
        case '\t' -> out.append("\\t");
        case '\n' -> out.append("\\n");
        case '\f' -> out.append("\\f");
        case '\r' -> out.append("\\r");
        default -> {
          if (c < ' ') {
            out.append("\\u00%02x".formatted((int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }

  /**
   * A finite number as ECMAScript writes it (ECMA-262, Number::toString): the fewest digits that
   * read back as the same double and of those the nearest, then plain or with an exponent by size.
   */
  static String number(double value) {
    if (value == 0) {
      return "0";
    }
    BigDecimal shortest = shortest(Math.abs(value));
    String digits = shortest.unscaledValue().toString();
    // The number is 0.digits times ten to the power of point.
    int point = digits.length() - shortest.scale();
    String sign = value < 0 ? "-" : "";
    if (digits.length() <= point && point <= MAX_PLAIN_DIGITS) {
      return sign + digits + "0".repeat(point - digits.length());
    }
    if (0 < point && point <= MAX_PLAIN_DIGITS) {
      return sign + digits.substring(0, point) + "." + digits.substring(point);
    }
    if (-MAX_LEADING_ZEROS < point && point <= 0) {
      return sign + "0." + "0".repeat(-point) + digits;
    }
    String fraction = digits.length() == 1 ? "" : "." + digits.substring(1);
    return sign + digits.charAt(0) + fraction + (point > 0 ? "e+" : "e") + (point - 1);
  }

  private static BigDecimal shortest(double magnitude) {
    BigDecimal decimal = new BigDecimal(Double.toString(magnitude)).stripTrailingZeros();
    if (decimal.precision() == 2) {
      // Double.toString gives at least two digits, even where one would do: 4.9E-324 for 5e-324.
      BigDecimal oneDigit = decimal.round(new MathContext(1, RoundingMode.HALF_EVEN));
      if (oneDigit.doubleValue() == magnitude) {
        return oneDigit.stripTrailingZeros();
      }
    }
    return decimal;
  }
}
