package ai.kolm.prompt.jinja;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The {@code tojson} filter: Python's {@code json.dumps} as transformers calls it, which does not
 * escape HTML and leaves other scripts as they are. What a string holds keeps its origin; the
 * punctuation around it counts as foreign.
 */
final class JsonWriter {
  private final TextBuilder out;
  private final Budget budget;
  private final boolean asciiOnly;
  private final @Nullable String indent;
  private final String itemSeparator;
  private final String keySeparator;
  private final boolean sortKeys;

  private JsonWriter(Budget budget, @Nullable Value[] options) {
    this.out = new TextBuilder(budget);
    this.budget = budget;
    this.asciiOnly = options[0] != null && Operators.truth(options[0]);
    this.indent = indent(options[1]);
    this.itemSeparator = separator(options[2], 0, indent == null ? ", " : ",");
    this.keySeparator = separator(options[2], 1, ": ");
    this.sortKeys = options[3] != null && Operators.truth(options[3]);
  }

  static Text write(Value value, Arguments arguments, Budget budget) {
    @Nullable Value[] options =
        arguments.bind("tojson()", "ensure_ascii", "indent", "separators", "sort_keys");
    JsonWriter writer = new JsonWriter(budget, options);
    writer.value(value, 0);
    return writer.out.build();
  }

  private static @Nullable String indent(@Nullable Value value) {
    return switch (value) {
      case Value.Int n -> " ".repeat(Math.clamp(n.value(), 0, PyStrings.MAX_DEPTH));
      case Text text -> text.chars();
      case null -> null;
      case Value.None _ -> null;
      default -> throw TemplateError.evaluation("tojson(): indent must be a number or a string");
    };
  }

  private static String separator(@Nullable Value separators, int i, String standard) {
    if (separators == null || separators instanceof Value.None) {
      return standard;
    }
    if (separators instanceof Value.Seq seq
        && seq.items().size() == 2
        && seq.items().get(i) instanceof Text text) {
      return text.chars();
    }
    throw TemplateError.evaluation("tojson(): separators must be two strings");
  }

  private void value(Value value, int depth) {
    if (depth > PyStrings.MAX_DEPTH) {
      throw PyStrings.tooDeep();
    }
    budget.visit();
    switch (value) {
      case Text text -> string(text);
      case Value.Int n -> out.append(Long.toString(n.value()), false);
      case Value.Real n -> out.append(real(n.value()), false);
      case Value.Bool b -> out.append(b.value() ? "true" : "false", false);
      case Value.None _ -> out.append("null", false);
      case Value.Seq seq
          when seq.kind() == Value.SeqKind.LIST || seq.kind() == Value.SeqKind.TUPLE ->
          array(seq.items(), depth);
      case Value.Dict dict -> object(dict, depth);
      case Value.Undefined _,
          Value.Seq _,
          Value.Generator _,
          Value.Namespace _,
          Loop _,
          Value.Callable _ ->
          throw TemplateError.evaluation(
              "Object of type " + value.typeName() + " is not JSON serializable");
    }
  }

  private void array(List<Value> items, int depth) {
    out.append("[", false);
    String separator = "";
    for (Value item : items) {
      out.append(separator, false);
      newLine(depth + 1);
      value(item, depth + 1);
      separator = itemSeparator;
    }
    if (!items.isEmpty()) {
      newLine(depth);
    }
    out.append("]", false);
  }

  private void object(Value.Dict dict, int depth) {
    List<Value.Dict.Entry> entries = new ArrayList<>();
    dict.entries().forEach(entries::add);
    if (sortKeys) {
      entries.sort((a, b) -> Comparisons.order(a.key(), b.key(), budget));
    }
    out.append("{", false);
    String separator = "";
    for (Value.Dict.Entry entry : entries) {
      out.append(separator, false);
      newLine(depth + 1);
      string(key(entry.key()));
      out.append(keySeparator, false);
      value(entry.value(), depth + 1);
      separator = itemSeparator;
    }
    if (!entries.isEmpty()) {
      newLine(depth);
    }
    out.append("}", false);
  }

  private static Text key(Value key) {
    return switch (key) {
      case Text text -> text;
      case Value.Int n -> Text.foreign(Long.toString(n.value()));
      case Value.Real n -> Text.foreign(real(n.value()));
      case Value.Bool b -> Text.foreign(b.value() ? "true" : "false");
      case Value.None _ -> Text.foreign("null");
      default ->
          throw TemplateError.evaluation(
              "keys must be str, int, float, bool or None, not " + key.typeName());
    };
  }

  private void newLine(int depth) {
    if (indent != null) {
      out.append("\n", false);
      for (int i = 0; i < depth; i++) {
        out.append(indent, false);
      }
    }
  }

  private static String real(double value) {
    if (Double.isNaN(value)) {
      return "NaN";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "Infinity" : "-Infinity";
    }
    return PyStrings.real(value);
  }

  private void string(Text text) {
    out.append("\"", false);
    text.forEachRun((piece, template) -> out.append(escape(piece), template));
    out.append("\"", false);
  }

  private String escape(String piece) {
    StringBuilder escaped = new StringBuilder(piece.length() + 8);
    for (int i = 0; i < piece.length(); i++) {
      char c = piece.charAt(i);
      switch (c) {
        case '"' -> escaped.append("\\\"");
        case '\\' -> escaped.append("\\\\");
        case '\n' -> escaped.append("\\n");
        case '\r' -> escaped.append("\\r");
        case '\t' -> escaped.append("\\t");
        case '\b' -> escaped.append("\\b");
        case '\f' -> escaped.append("\\f");
        default -> {
          if (c < ' ' || (asciiOnly && c > '~')) {
            escaped.append("\\u%04x".formatted((int) c));
          } else {
            escaped.append(c);
          }
        }
      }
    }
    return escaped.toString();
  }
}
