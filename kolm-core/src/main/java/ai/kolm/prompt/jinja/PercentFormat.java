package ai.kolm.prompt.jinja;

import java.util.List;

/** Python's {@code format % values} for strings and whole numbers: {@code %s %r %d %i %%}. */
final class PercentFormat {
  private PercentFormat() {}

  static Text format(Text format, Value values, Budget budget) {
    boolean tuple = values instanceof Value.Seq seq && seq.kind() == Value.SeqKind.TUPLE;
    List<Value> arguments = tuple ? ((Value.Seq) values).items() : List.of(values);
    String chars = format.chars();
    TextBuilder out = new TextBuilder(budget);
    int next = 0;
    int from = 0;
    for (int at = chars.indexOf('%'); at >= 0; at = chars.indexOf('%', from)) {
      out.append(format, from, at);
      char conversion = at + 1 < chars.length() ? chars.charAt(at + 1) : ' ';
      if (conversion == '%') {
        out.append(format, at, at + 1);
      } else {
        if (next == arguments.size()) {
          throw TemplateError.evaluation("not enough arguments for format string");
        }
        out.append(convert(conversion, arguments.get(next++), budget));
      }
      from = at + 2;
    }
    boolean mapping = values instanceof Value.Dict;
    if (next < arguments.size() && !mapping) {
      throw TemplateError.evaluation("not all arguments converted during string formatting");
    }
    return out.append(format, from, chars.length()).build();
  }

  private static Text convert(char conversion, Value value, Budget budget) {
    return switch (conversion) {
      case 's' -> PyStrings.str(value, budget);
      case 'r' -> PyStrings.repr(value, budget);
      case 'd', 'i' -> {
        if (!Operators.isNumber(value)) {
          throw TemplateError.evaluation(
              "%%%c format: a real number is required, not %s"
                  .formatted(conversion, value.typeName()));
        }
        double number = Operators.toDouble(value);
        yield Text.foreign(
            Long.toString(Operators.isReal(value) ? (long) number : Operators.toLong(value)));
      }
      default ->
          throw TemplateError.evaluation("this % conversion is not supported; use %s, %r or %d");
    };
  }
}
