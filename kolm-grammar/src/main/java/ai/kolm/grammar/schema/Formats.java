package ai.kolm.grammar.schema;

import ai.kolm.grammar.regex.RegexAlgebra;
import java.util.Optional;

/** placeholder. */
final class Formats {
  private Formats() {}

  static Optional<Integer> language(RegexAlgebra algebra, String format) {
    return Optional.empty();
  }
}
