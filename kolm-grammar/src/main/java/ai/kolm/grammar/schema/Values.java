package ai.kolm.grammar.schema;

import ai.kolm.json.Json;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/** Numbers in a schema. */
final class Values {
  /** So many digits are the same in decimal and in the doubles of the JSON reader. */
  private static final int EXACT_DIGITS = 15;

  private Values() {}

  /** A number that must be known exactly. */
  static BigDecimal number(Node node, String keyword) {
    return number(node.get(keyword), keyword, node.at(keyword));
  }

  static BigDecimal number(@Nullable Json json, String keyword, String at) {
    return switch (json) {
      case Json.Int n -> BigDecimal.valueOf(n.value());
      case Json.Real n -> {
        BigDecimal value = new BigDecimal(Double.toString(n.value())).stripTrailingZeros();
        if (value.precision() > EXACT_DIGITS) {
          throw SchemaErrors.unsupported(
              keyword, at, "a number with more than " + EXACT_DIGITS + " digits");
        }
        yield value;
      }
      case null, default ->
          throw SchemaErrors.invalid(keyword, at, "\"" + keyword + "\" must be a number");
    };
  }

  /** A count: a whole number of at least 0; one too large for an int counts as endless. */
  static int count(Node node, String keyword) {
    BigDecimal value = number(node, keyword);
    if (value.signum() < 0 || value.stripTrailingZeros().scale() > 0) {
      throw SchemaErrors.invalid(
          keyword, node.at(keyword), "\"" + keyword + "\" must be a whole number, not negative");
    }
    return value.compareTo(BigDecimal.valueOf(Integer.MAX_VALUE)) >= 0
        ? Integer.MAX_VALUE
        : value.intValueExact();
  }
}
