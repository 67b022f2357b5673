package ai.kolm.prompt.jinja;

import ai.kolm.prompt.jinja.Value.Bool;
import ai.kolm.prompt.jinja.Value.Int;
import ai.kolm.prompt.jinja.Value.None;
import ai.kolm.prompt.jinja.Value.Real;
import ai.kolm.prompt.jinja.Value.Seq;
import ai.kolm.prompt.jinja.Value.Undefined;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The filters by name, and those that work on one value; {@link ListFilters} has the others. */
final class Filters {

  /** {@code input | name(arguments)}. */
  interface Filter {
    Value apply(Value input, Arguments arguments, Budget budget);
  }

  private static final Map<String, Filter> FILTERS =
      Map.ofEntries(
          Map.entry("abs", (in, args, budget) -> abs(in)),
          Map.entry("batch", ListFilters::batch),
          Map.entry("capitalize", (in, args, budget) -> Casing.capitalize(str(in, budget), budget)),
          Map.entry("center", Filters::center),
          Map.entry("count", Filters::length),
          Map.entry("d", Filters::fallback),
          Map.entry("default", Filters::fallback),
          Map.entry("dictsort", ListFilters::dictSort),
          Map.entry("e", (in, args, budget) -> escape(in, budget)),
          Map.entry("escape", (in, args, budget) -> escape(in, budget)),
          Map.entry("first", ListFilters::first),
          Map.entry("float", Filters::toFloat),
          Map.entry("forceescape", (in, args, budget) -> forceEscape(in, budget)),
          Map.entry("format", Filters::format),
          Map.entry("indent", Filters::indent),
          Map.entry("int", Filters::toInt),
          Map.entry("items", ListFilters::items),
          Map.entry("join", ListFilters::join),
          Map.entry("last", ListFilters::last),
          Map.entry("length", Filters::length),
          Map.entry("list", (in, args, budget) -> Seq.list(Operators.toList(in, budget))),
          Map.entry("lower", (in, args, budget) -> str(in, budget).lower(budget)),
          Map.entry("map", ListFilters::map),
          Map.entry("max", (in, args, budget) -> ListFilters.extreme(in, args, true, budget)),
          Map.entry("min", (in, args, budget) -> ListFilters.extreme(in, args, false, budget)),
          Map.entry("reject", (in, args, budget) -> ListFilters.select(in, args, false, budget)),
          Map.entry(
              "rejectattr", (in, args, budget) -> ListFilters.selectAttr(in, args, false, budget)),
          Map.entry("replace", Filters::replace),
          Map.entry("reverse", ListFilters::reverse),
          Map.entry("round", Filters::round),
          Map.entry("safe", (in, args, budget) -> str(in, budget).asMarkup()),
          Map.entry("select", (in, args, budget) -> ListFilters.select(in, args, true, budget)),
          Map.entry(
              "selectattr", (in, args, budget) -> ListFilters.selectAttr(in, args, true, budget)),
          Map.entry("slice", ListFilters::slice),
          Map.entry("sort", ListFilters::sort),
          Map.entry("string", (in, args, budget) -> str(in, budget)),
          Map.entry("sum", ListFilters::sum),
          Map.entry("title", (in, args, budget) -> Casing.titleFilter(str(in, budget), budget)),
          Map.entry("tojson", JsonWriter::write),
          Map.entry("trim", Filters::trim),
          Map.entry("unique", ListFilters::unique),
          Map.entry("upper", (in, args, budget) -> str(in, budget).upper(budget)));

  private Filters() {}

  static @Nullable Filter find(String name) {
    return FILTERS.get(name);
  }

  static Text str(Value value, Budget budget) {
    return PyStrings.str(value, budget);
  }

  private static Value length(Value input, Arguments arguments, Budget budget) {
    arguments.none("length");
    return new Int(Operators.length(input, budget));
  }

  private static Value abs(Value input) {
    return switch (input) {
      case Int n when n.value() < 0 -> Arithmetic.sign(true, n);
      case Real n -> new Real(Math.abs(n.value()));
      case Int _, Bool _ -> new Int(Operators.toLong(input));
      case Undefined undefined -> throw undefined.used();
      default ->
          throw TemplateError.evaluation("bad operand type for abs(): '" + input.typeName() + "'");
    };
  }

  private static Value fallback(Value input, Arguments arguments, Budget budget) {
    @Nullable Value[] given = arguments.bind("default", "default_value", "boolean");
    boolean falseToo = given[1] != null && Operators.truth(given[1]);
    boolean replace = input instanceof Undefined || (falseToo && !Operators.truth(input));
    return !replace ? input : given[0] == null ? Text.EMPTY : given[0];
  }

  private static Value trim(Value input, Arguments arguments, Budget budget) {
    @Nullable Value[] given = arguments.bind("trim", "chars");
    String characters =
        given[0] == null || given[0] instanceof None ? null : TextMethods.text(given[0]).chars();
    return TextSplits.strip(str(input, budget), characters, true, true, budget);
  }

  private static Value replace(Value input, Arguments arguments, Budget budget) {
    @Nullable Value[] given = arguments.bind("replace", "old", "new", "count");
    if (given[0] == null || given[1] == null) {
      throw TemplateError.evaluation("replace needs what to replace, and by what");
    }
    long limit = given[2] == null || given[2] instanceof None ? -1 : TextMethods.integer(given[2]);
    return TextSplits.replace(
        str(input, budget), str(given[0], budget), str(given[1], budget), limit, budget);
  }

  private static Value escape(Value input, Budget budget) {
    Text text = str(input, budget);
    return text.isMarkup() ? text : Html.escape(text, budget).asMarkup();
  }

  private static Value forceEscape(Value input, Budget budget) {
    return Html.escape(str(input, budget), budget).asMarkup();
  }

  private static Value format(Value input, Arguments arguments, Budget budget) {
    if (!arguments.named().isEmpty()) {
      throw TemplateError.evaluation("format: values by name are not supported");
    }
    Seq values = new Seq(Value.SeqKind.TUPLE, arguments.positional());
    return PercentFormat.format(str(input, budget), values, budget);
  }

  private static Value center(Value input, Arguments arguments, Budget budget) {
    @Nullable Value[] given = arguments.bind("center", "width");
    long width = given[0] == null ? 80 : TextMethods.integer(given[0]);
    Text text = str(input, budget);
    long missing = Math.max(0, width - text.length());
    budget.length(missing);
    int left = (int) (missing / 2 + (missing & width & 1));
    return new TextBuilder(budget)
        .append(" ".repeat(left), false)
        .append(text)
        .append(" ".repeat((int) missing - left), false)
        .build();
  }

  private static Value indent(Value input, Arguments arguments, Budget budget) {
    @Nullable Value[] given = arguments.bind("indent", "width", "first", "blank");
    Text indention =
        switch (given[0]) {
          case null -> Text.template("    ");
          case Text text -> text;
          case Value width -> {
            long spaces = Math.max(0, TextMethods.integer(width));
            budget.length(spaces);
            yield Text.template(" ".repeat((int) spaces));
          }
        };
    boolean first = given[1] != null && Operators.truth(given[1]);
    boolean blank = given[2] != null && Operators.truth(given[2]);
    Text newLine = Text.template("\n");
    Value padded = Arithmetic.apply(Expr.Operator.ADD, input, newLine, budget);
    TextBuilder out = new TextBuilder(budget);
    boolean firstLine = true;
    for (Value line : TextSplits.lines(TextMethods.text(padded), false, budget)) {
      if (!firstLine) {
        out.append(newLine);
      }
      Text text = TextMethods.text(line);
      if (firstLine ? first : blank || !text.isEmpty()) {
        out.append(indention);
      }
      out.append(text);
      firstLine = false;
    }
    return out.build();
  }

  private static Value toInt(Value input, Arguments arguments, Budget budget) {
    @Nullable Value[] given = arguments.bind("int", "default", "base");
    Value fallback = given[0] == null ? new Int(0) : given[0];
    return switch (input) {
      case Int _, Bool _ -> new Int(Operators.toLong(input));
      case Real n -> Numbers.truncate(n.value(), fallback);
      case Text text -> {
        long base = given[1] == null ? 10 : TextMethods.integer(given[1]);
        budget.work(text.chars().length());
        Value whole = Numbers.parseInt(text.chars(), base);
        Double real = whole == null ? Numbers.parseFloat(text.chars()) : null;
        yield whole != null ? whole : real == null ? fallback : Numbers.truncate(real, fallback);
      }
      case Undefined undefined -> throw undefined.used();
      default -> fallback;
    };
  }

  private static Value toFloat(Value input, Arguments arguments, Budget budget) {
    @Nullable Value[] given = arguments.bind("float", "default");
    Value fallback = given[0] == null ? new Real(0) : given[0];
    return switch (input) {
      case Int _, Bool _, Real _ -> new Real(Operators.toDouble(input));
      case Text text -> {
        budget.work(text.chars().length());
        Double real = Numbers.parseFloat(text.chars());
        yield real == null ? fallback : new Real(real);
      }
      case Undefined undefined -> throw undefined.used();
      default -> fallback;
    };
  }

  private static Value round(Value input, Arguments arguments, Budget budget) {
    @Nullable Value[] given = arguments.bind("round", "precision", "method");
    long precision = given[0] == null ? 0 : TextMethods.integer(given[0]);
    String method = given[1] == null ? "common" : TextMethods.text(given[1]).chars();
    if (!Operators.isNumber(input)) {
      throw TemplateError.evaluation(
          "type " + input.typeName() + " doesn't define __round__ method");
    }
    int digits = Math.clamp(precision, -400, 400);
    double value = Operators.toDouble(input);
    double scale = Math.pow(10, digits);
    return switch (method) {
      case "common" ->
          Operators.isReal(input) ? roundHalfEven(value, digits) : wholeRound(input, digits);
      case "ceil" -> new Real(Math.ceil(value * scale) / scale);
      case "floor" -> new Real(Math.floor(value * scale) / scale);
      default -> throw TemplateError.evaluation("method must be common, ceil or floor");
    };
  }

  private static Value roundHalfEven(double value, int digits) {
    return Double.isFinite(value)
        ? new Real(new BigDecimal(value).setScale(digits, RoundingMode.HALF_EVEN).doubleValue())
        : new Real(value);
  }

  private static Value wholeRound(Value input, int digits) {
    BigDecimal rounded =
        BigDecimal.valueOf(Operators.toLong(input))
            .setScale(Math.min(digits, 0), RoundingMode.HALF_EVEN);
    try {
      return new Int(rounded.longValueExact());
    } catch (ArithmeticException e) {
      throw TemplateError.evaluation("a whole number beyond 64 bits");
    }
  }
}
