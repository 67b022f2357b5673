package ai.kolm.grammar.schema;

import ai.kolm.grammar.GrammarException;
import ai.kolm.grammar.JsonStyle;
import ai.kolm.grammar.regex.PatternParser;
import ai.kolm.grammar.regex.RegexAlgebra;
import ai.kolm.json.Json;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The languages of patterns, formats and lists: a schema has each of them many times. */
final class TextLanguages {
  private final Semantics semantics;
  private final Map<String, Integer> patterns = new HashMap<>();
  private final Map<String, Optional<Integer>> formats = new HashMap<>();
  private final Map<List<String>, Integer> literals = new HashMap<>();

  TextLanguages(Semantics semantics) {
    this.semantics = semantics;
  }

  /** The texts in which a pattern is found. */
  int pattern(@Nullable Json pattern, String keyword, String at) {
    if (!(pattern instanceof Json.Str text)) {
      throw SchemaErrors.invalid(keyword, at, "\"" + keyword + "\" must be a string");
    }
    Integer known = patterns.get(text.value());
    if (known == null) {
      int maxDepth = 2 * semantics.limits().sourceDepth();
      try {
        known = PatternParser.found(semantics.algebra(), text.value(), maxDepth);
      } catch (GrammarException e) {
        throw new GrammarException(e.code(), keyword, at, String.valueOf(e.getMessage()));
      }
      patterns.put(text.value(), known);
    }
    return known;
  }

  /** Exactly these texts. */
  int literals(Collection<String> texts) {
    return literals.computeIfAbsent(
        List.copyOf(texts), all -> Literals.of(semantics.algebra(), all));
  }

  /** The texts of a format: any, where it is not enforced. */
  int format(String name, Node node) {
    boolean enforced = semantics.style().formats() == JsonStyle.Formats.ASSERT;
    if (enforced && Formats.isOutOfReach(name)) {
      throw SchemaErrors.unsupported(
          "format", node.at("format"), "the format \"" + name + "\" cannot be enforced");
    }
    Optional<Integer> language =
        enforced
            ? formats.computeIfAbsent(name, n -> Formats.language(semantics.algebra(), n))
            : Optional.empty();
    if (language.isEmpty()) {
      semantics.annotate("format " + name);
    }
    return language.orElse(RegexAlgebra.ANY_TEXT);
  }
}
