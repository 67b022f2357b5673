package ai.kolm.prompt.jinja;

import ai.kolm.prompt.jinja.Value.Dict;
import ai.kolm.prompt.jinja.Value.Generator;
import ai.kolm.prompt.jinja.Value.Int;
import ai.kolm.prompt.jinja.Value.None;
import ai.kolm.prompt.jinja.Value.Seq;
import ai.kolm.prompt.jinja.Value.Undefined;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The filters that work on the items of a value. */
final class ListFilters {
  private ListFilters() {}

  static Value first(Value input, Arguments arguments, Budget budget) {
    Iterator<Value> items = Operators.iterate(input, budget);
    return items.hasNext()
        ? items.next()
        : new Undefined(() -> "No first item, sequence was empty.");
  }

  static Value last(Value input, Arguments arguments, Budget budget) {
    if (input instanceof Generator || input instanceof Undefined) {
      throw TemplateError.evaluation("'" + input.typeName() + "' object is not reversible");
    }
    List<Value> items = Operators.toList(input, budget);
    return items.isEmpty()
        ? new Undefined(() -> "No last item, sequence was empty.")
        : items.getLast();
  }

  static Value items(Value input, Arguments arguments, Budget budget) {
    return switch (input) {
      case Undefined _ -> Generator.of(List.of());
      case Dict dict -> {
        budget.items(dict.size());
        yield Generator.of(dict.items());
      }
      default -> throw TemplateError.evaluation("Can only get item pairs from a mapping.");
    };
  }

  static Value join(Value input, Arguments arguments, Budget budget) {
    @Nullable Value[] given = arguments.bind("join", "d", "attribute");
    Text separator = given[0] == null ? Text.EMPTY : PyStrings.str(given[0], budget);
    UnaryOperator<Value> attribute = attribute(given[1], null, budget);
    TextBuilder out = new TextBuilder(budget);
    boolean first = true;
    for (Iterator<Value> items = Operators.iterate(input, budget); items.hasNext(); ) {
      if (!first) {
        out.append(separator);
      }
      out.append(PyStrings.str(attribute.apply(items.next()), budget));
      first = false;
    }
    return out.build();
  }

  static Value map(Value input, Arguments arguments, Budget budget) {
    List<Value> mapped = new ArrayList<>();
    if (!Operators.truth(input)) {
      return Generator.of(mapped);
    }
    UnaryOperator<Value> change = change(arguments, budget);
    for (Iterator<Value> items = Operators.iterate(input, budget); items.hasNext(); ) {
      mapped.add(change.apply(items.next()));
    }
    return Generator.of(mapped);
  }

  private static UnaryOperator<Value> change(Arguments arguments, Budget budget) {
    if (arguments.positional().isEmpty() && arguments.named().containsKey("attribute")) {
      @Nullable Value[] given = arguments.bind("map", "attribute", "default");
      return attribute(given[0], given[1] instanceof None ? null : given[1], budget);
    }
    if (arguments.positional().isEmpty()) {
      throw TemplateError.evaluation("map requires a filter argument");
    }
    String name = TextMethods.text(arguments.positional().getFirst()).chars();
    Filters.Filter filter = Filters.find(name);
    if (filter == null) {
      throw TemplateError.evaluation("No filter named '" + name + "'.");
    }
    Arguments rest = arguments.from(1);
    return item -> filter.apply(item, rest, budget);
  }

  static Value select(Value input, Arguments arguments, boolean keep, Budget budget) {
    return select(input, UnaryOperator.identity(), arguments, keep, budget);
  }

  static Value selectAttr(Value input, Arguments arguments, boolean keep, Budget budget) {
    if (!Operators.truth(input)) {
      return Generator.of(List.of());
    }
    if (arguments.positional().isEmpty()) {
      throw TemplateError.evaluation("Missing parameter for attribute name");
    }
    UnaryOperator<Value> attribute = attribute(arguments.positional().getFirst(), null, budget);
    return select(input, attribute, arguments.from(1), keep, budget);
  }

  private static Value select(
      Value input,
      UnaryOperator<Value> attribute,
      Arguments arguments,
      boolean keep,
      Budget budget) {
    List<Value> selected = new ArrayList<>();
    if (!Operators.truth(input)) {
      return Generator.of(selected);
    }
    Tests.Test test = Tests.argument(arguments);
    Arguments rest = arguments.positional().isEmpty() ? arguments : arguments.from(1);
    for (Iterator<Value> items = Operators.iterate(input, budget); items.hasNext(); ) {
      Value item = items.next();
      if (test.holds(attribute.apply(item), rest, budget) == keep) {
        selected.add(item);
      }
    }
    return Generator.of(selected);
  }

  static Value sort(Value input, Arguments arguments, Budget budget) {
    @Nullable Value[] given = arguments.bind("sort", "reverse", "case_sensitive", "attribute");
    boolean caseSensitive = given[1] != null && Operators.truth(given[1]);
    Comparator<Value> order = byAttributes(given[2], caseSensitive, budget);
    List<Value> items = Operators.toList(input, budget);
    items.sort(given[0] != null && Operators.truth(given[0]) ? order.reversed() : order);
    return Seq.list(items);
  }

  /** By one attribute after the other: {@code "age,name"}. */
  private static Comparator<Value> byAttributes(
      @Nullable Value attributes, boolean caseSensitive, Budget budget) {
    List<Value> names =
        attributes instanceof Text text && text.chars().contains(",")
            ? TextSplits.split(text, Text.template(","), -1, budget)
            : Collections.singletonList(attributes == null ? None.NONE : attributes);
    List<UnaryOperator<Value>> keys = new ArrayList<>();
    names.forEach(name -> keys.add(key(name, caseSensitive, budget)));
    return (a, b) -> {
      for (UnaryOperator<Value> key : keys) {
        Value x = key.apply(a);
        Value y = key.apply(b);
        if (!Comparisons.equal(x, y, budget)) {
          return Comparisons.order(x, y, budget);
        }
      }
      return 0;
    };
  }

  static Value dictSort(Value input, Arguments arguments, Budget budget) {
    @Nullable Value[] given = arguments.bind("dictsort", "case_sensitive", "by", "reverse");
    boolean caseSensitive = given[0] != null && Operators.truth(given[0]);
    String by = given[1] == null ? "key" : TextMethods.text(given[1]).chars();
    if (!by.equals("key") && !by.equals("value")) {
      throw TemplateError.evaluation("You can only sort by either \"key\" or \"value\"");
    }
    if (input instanceof Undefined undefined) {
      throw undefined.used();
    }
    if (!(input instanceof Dict dict)) {
      throw TemplateError.evaluation("'" + input.typeName() + "' object has no attribute 'items'");
    }
    budget.items(dict.size());
    int position = by.equals("key") ? 0 : 1;
    UnaryOperator<Value> key = key(None.NONE, caseSensitive, budget);
    Comparator<Value> order =
        (a, b) ->
            Comparisons.order(
                key.apply(((Seq) a).items().get(position)),
                key.apply(((Seq) b).items().get(position)),
                budget);
    List<Value> items = dict.items();
    items.sort(given[2] != null && Operators.truth(given[2]) ? order.reversed() : order);
    return Seq.list(items);
  }

  static Value unique(Value input, Arguments arguments, Budget budget) {
    @Nullable Value[] given = arguments.bind("unique", "case_sensitive", "attribute");
    UnaryOperator<Value> key = key(given[1], given[0] != null && Operators.truth(given[0]), budget);
    Set<Object> seen = new HashSet<>();
    List<Value> unique = new ArrayList<>();
    for (Iterator<Value> items = Operators.iterate(input, budget); items.hasNext(); ) {
      Value item = items.next();
      if (seen.add(Dict.hashable(key.apply(item)))) {
        unique.add(item);
      }
    }
    return Generator.of(unique);
  }

  static Value extreme(Value input, Arguments arguments, boolean greatest, Budget budget) {
    @Nullable Value[] given = arguments.bind("min", "case_sensitive", "attribute");
    UnaryOperator<Value> key = key(given[1], given[0] != null && Operators.truth(given[0]), budget);
    Iterator<Value> items = Operators.iterate(input, budget);
    if (!items.hasNext()) {
      return new Undefined(() -> "No aggregated item, sequence was empty.");
    }
    Value best = items.next();
    while (items.hasNext()) {
      Value item = items.next();
      int order = Comparisons.order(key.apply(item), key.apply(best), budget);
      if (greatest ? order > 0 : order < 0) {
        best = item;
      }
    }
    return best;
  }

  static Value sum(Value input, Arguments arguments, Budget budget) {
    @Nullable Value[] given = arguments.bind("sum", "attribute", "start");
    UnaryOperator<Value> attribute = attribute(given[0], null, budget);
    Value sum = given[1] == null ? new Int(0) : given[1];
    for (Iterator<Value> items = Operators.iterate(input, budget); items.hasNext(); ) {
      sum = Arithmetic.apply(Expr.Operator.ADD, sum, attribute.apply(items.next()), budget);
    }
    return sum;
  }

  static Value reverse(Value input, Arguments arguments, Budget budget) {
    List<Value> items = Operators.toList(input, budget);
    Collections.reverse(items);
    if (!(input instanceof Text)) {
      return Generator.of(items);
    }
    TextBuilder out = new TextBuilder(budget);
    items.forEach(item -> out.append((Text) item));
    return out.build();
  }

  static Value batch(Value input, Arguments arguments, Budget budget) {
    @Nullable Value[] given = arguments.bind("batch", "linecount", "fill_with");
    long size = TextMethods.integer(required(given[0], "batch"));
    List<Value> batches = new ArrayList<>();
    List<Value> batch = new ArrayList<>();
    for (Iterator<Value> items = Operators.iterate(input, budget); items.hasNext(); ) {
      if (batch.size() == size) {
        batches.add(Seq.list(batch));
        batch = new ArrayList<>();
      }
      batch.add(items.next());
    }
    if (!batch.isEmpty()) {
      fill(batch, size, given[1], budget);
      batches.add(Seq.list(batch));
    }
    return Generator.of(batches);
  }

  static Value slice(Value input, Arguments arguments, Budget budget) {
    @Nullable Value[] given = arguments.bind("slice", "slices", "fill_with");
    long slices = TextMethods.integer(required(given[0], "slice"));
    if (slices == 0) {
      throw TemplateError.evaluation("integer division or modulo by zero");
    }
    budget.items(Math.max(0, slices));
    List<Value> items = Operators.toList(input, budget);
    long each = items.size() / slices;
    long extra = items.size() % slices;
    List<Value> parts = new ArrayList<>();
    int from = 0;
    for (long i = 0; i < slices; i++) {
      int to = (int) (from + each + (i < extra ? 1 : 0));
      List<Value> part = new ArrayList<>(items.subList(from, to));
      if (i >= extra) {
        fill(part, part.size() + 1L, given[1], budget);
      }
      parts.add(Seq.list(part));
      from = to;
    }
    return Generator.of(parts);
  }

  private static void fill(List<Value> part, long size, @Nullable Value with, Budget budget) {
    if (with != null && !(with instanceof None)) {
      budget.items(size);
      while (part.size() < size) {
        part.add(with);
      }
    }
  }

  private static Value required(@Nullable Value value, String filter) {
    if (value == null) {
      throw TemplateError.evaluation(filter + " needs a number");
    }
    return value;
  }

  /** What items are compared by: an attribute of theirs, or they; in lower case if need be. */
  private static UnaryOperator<Value> key(
      @Nullable Value attribute, boolean caseSensitive, Budget budget) {
    UnaryOperator<Value> get = attribute(attribute, null, budget);
    return caseSensitive
        ? get
        : item -> get.apply(item) instanceof Text text ? text.lower(budget) : get.apply(item);
  }

  /** {@code "a.b.0"}: the item of the item of a value; none: the value itself. */
  private static UnaryOperator<Value> attribute(
      @Nullable Value path, @Nullable Value fallback, Budget budget) {
    if (path == null || path instanceof None) {
      return UnaryOperator.identity();
    }
    List<Value> parts =
        path instanceof Text text
            ? TextSplits.split(text, Text.template("."), -1, budget)
            : new ArrayList<>(List.of(path));
    parts.replaceAll(ListFilters::index);
    return item -> {
      Value value = item;
      for (Value part : parts) {
        value = Attributes.item(value, part, budget);
        if (fallback != null && value instanceof Undefined) {
          value = fallback;
        }
      }
      return value;
    };
  }

  /** A part of a path that is all digits is an index. */
  private static Value index(Value part) {
    return part instanceof Text text
            && text.chars().length() <= 9
            && !text.isEmpty()
            && text.chars().chars().allMatch(c -> c >= '0' && c <= '9')
        ? new Int(Long.parseLong(text.chars()))
        : part;
  }
}
