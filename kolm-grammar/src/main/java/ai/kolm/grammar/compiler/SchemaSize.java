package ai.kolm.grammar.compiler;

import ai.kolm.grammar.GrammarException;
import ai.kolm.grammar.GrammarException.Code;
import ai.kolm.grammar.GrammarLimits;
import ai.kolm.json.Json;
import java.util.Map;

/** Measures a schema before anything else looks at it. */
final class SchemaSize {
  private final GrammarLimits limits;
  private long bytes;

  private SchemaSize(GrammarLimits limits) {
    this.limits = limits;
  }

  /**
   * Checks length and nesting.
   *
   * @throws GrammarException naming the limit that the schema is over
   */
  static void check(Json schema, GrammarLimits limits) {
    new SchemaSize(limits).measure(schema, 1);
  }

  private void measure(Json json, int depth) {
    if (depth > limits.sourceDepth()) {
      throw tooComplex("depth", "a schema nested deeper than %d".formatted(limits.sourceDepth()));
    }
    switch (json) {
      case Json.Obj object -> {
        add(2);
        for (Map.Entry<String, Json> member : object.members().entrySet()) {
          add(4 + member.getKey().length());
          measure(member.getValue(), depth + 1);
        }
      }
      case Json.Arr array -> {
        add(2);
        for (Json item : array.items()) {
          add(1);
          measure(item, depth + 1);
        }
      }
      case Json.Str string -> add(2 + string.value().length());
      default -> add(1);
    }
  }

  private void add(int more) {
    bytes += more;
    if (bytes > limits.sourceBytes()) {
      throw tooComplex("bytes", "a schema of more than %,d bytes".formatted(limits.sourceBytes()));
    }
  }

  private static GrammarException tooComplex(String limit, String message) {
    return new GrammarException(Code.TOO_COMPLEX, limit, "", message + " is over the limit");
  }
}
