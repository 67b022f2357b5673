package ai.kolm.prompt.jinja;

import ai.kolm.prompt.jinja.Value.Callable;
import ai.kolm.prompt.jinja.Value.Dict;
import ai.kolm.prompt.jinja.Value.Int;
import ai.kolm.prompt.jinja.Value.Namespace;
import ai.kolm.prompt.jinja.Value.Seq;
import java.time.Clock;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/** The functions every template has. */
final class Functions {
  private Functions() {}

  static Map<String, Value> all(Clock clock, Budget budget) {
    return Map.of(
        "raise_exception", (Callable) arguments -> raise(arguments, budget),
        "strftime_now", (Callable) arguments -> now(arguments, clock, budget),
        "range", (Callable) arguments -> range(arguments, budget),
        "namespace", (Callable) arguments -> namespace(arguments, budget),
        "dict", (Callable) arguments -> dict(arguments, budget));
  }

  private static Value raise(Arguments arguments, Budget budget) {
    Text message = PyStrings.str(arguments.only("raise_exception()"), budget);
    throw new TemplateError(TemplateError.Kind.RAISED, 0, message.chars());
  }

  private static Value now(Arguments arguments, Clock clock, Budget budget) {
    Text format = TextMethods.text(arguments.only("strftime_now()"));
    ZonedDateTime now = ZonedDateTime.now(clock);
    return format.map(pattern -> Strftime.format(pattern, now), budget);
  }

  private static Value range(Arguments arguments, Budget budget) {
    List<Value> given = arguments.positional();
    if (given.isEmpty() || given.size() > 3 || !arguments.named().isEmpty()) {
      throw TemplateError.evaluation("range expected 1 to 3 arguments, got " + given.size());
    }
    long first = TextMethods.integer(given.getFirst());
    long start = given.size() == 1 ? 0 : first;
    long stop = given.size() == 1 ? first : TextMethods.integer(given.get(1));
    long step = given.size() == 3 ? TextMethods.integer(given.get(2)) : 1;
    if (step == 0) {
      throw TemplateError.evaluation("range() arg 3 must not be zero");
    }
    List<Value> items = new ArrayList<>();
    boolean overflow = false;
    for (long i = start; !overflow && (step > 0 ? i < stop : i > stop); i += step) {
      budget.item(items.size());
      items.add(new Int(i));
      overflow = step > 0 ? i > Long.MAX_VALUE - step : i < Long.MIN_VALUE - step;
    }
    return new Seq(Value.SeqKind.RANGE, items);
  }

  private static Value namespace(Arguments arguments, Budget budget) {
    Namespace namespace = new Namespace();
    entries(arguments, (key, value) -> namespace.set(TextMethods.text(key).chars(), value), budget);
    return namespace;
  }

  private static Value dict(Arguments arguments, Budget budget) {
    Dict.Builder dict = new Dict.Builder();
    entries(arguments, dict::put, budget);
    return dict.build();
  }

  /** What Python's {@code dict()} takes: a mapping, or pairs, and then names. */
  private static void entries(Arguments arguments, BiConsumer<Value, Value> target, Budget budget) {
    if (arguments.positional().size() > 1) {
      throw TemplateError.evaluation("dict expected at most 1 argument");
    }
    for (Value source : arguments.positional()) {
      if (source instanceof Dict dict) {
        dict.entries().forEach(entry -> target.accept(entry.key(), entry.value()));
      } else {
        for (Value pair : Operators.toList(source, budget)) {
          List<Value> both = Operators.toList(pair, budget);
          if (both.size() != 2) {
            throw TemplateError.evaluation("dict() takes pairs");
          }
          target.accept(both.getFirst(), both.getLast());
        }
      }
    }
    arguments.named().forEach((name, value) -> target.accept(Text.template(name), value));
  }
}
