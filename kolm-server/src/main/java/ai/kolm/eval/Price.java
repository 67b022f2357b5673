package ai.kolm.eval;

import ai.kolm.json.Json;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a provider takes, in USD for a million tokens.
 *
 * @param input for tokens in
 * @param cached for tokens in that it has seen before
 * @param output for tokens out
 */
public record Price(double input, double cached, double output) {
  private static final double MILLION = 1e6;

  /** Prices that are known without a table, as of 2026-01. */
  private static final Map<String, Price> KNOWN =
      Map.of("openai:gpt-4o-mini", new Price(0.15, 0.075, 0.60));

  /** Checks that none is negative. */
  public Price {
    if (!(input >= 0 && cached >= 0 && output >= 0)) {
      throw new IllegalArgumentException("a price is not negative");
    }
  }

  /** The price of a baseline, if it is known here. */
  public static Optional<Price> known(String baseline) {
    return Optional.ofNullable(KNOWN.get(baseline));
  }

  /**
   * Reads {@code in,out}: USD for a million tokens.
   *
   * @throws IllegalArgumentException if it is something else
   */
  public static Price parse(String text) {
    String[] parts = text.split(",", -1);
    if (parts.length != 2) {
      throw new IllegalArgumentException(
          "expected IN,OUT in USD for a million tokens, got \"%s\"".formatted(text));
    }
    double in = Double.parseDouble(parts[0]);
    return new Price(in, in, Double.parseDouble(parts[1]));
  }

  /** The three numbers. */
  public Json json() {
    return new Json.Arr(
        List.of(new Json.Real(input), new Json.Real(cached), new Json.Real(output)));
  }

  /** What an answer cost, in USD. */
  public double of(Answer.Usage usage) {
    return ((usage.in() - usage.cached()) * input + usage.cached() * cached + usage.out() * output)
        / MILLION;
  }
}
