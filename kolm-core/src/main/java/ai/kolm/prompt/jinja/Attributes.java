package ai.kolm.prompt.jinja;

import ai.kolm.prompt.jinja.Value.Bool;
import ai.kolm.prompt.jinja.Value.Callable;
import ai.kolm.prompt.jinja.Value.Dict;
import ai.kolm.prompt.jinja.Value.Int;
import ai.kolm.prompt.jinja.Value.Namespace;
import ai.kolm.prompt.jinja.Value.None;
import ai.kolm.prompt.jinja.Value.Seq;
import ai.kolm.prompt.jinja.Value.SeqKind;
import ai.kolm.prompt.jinja.Value.Undefined;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * {@code value.name}, {@code value[key]} and {@code value[from:to:step]}. Only what is listed here
 * can be reached: keys, indexes, and methods that change nothing.
 */
final class Attributes {
  /** The methods that would change a value; the immutable sandbox refuses them. */
  private static final Set<String> DICT_CHANGES =
      Set.of("clear", "pop", "popitem", "setdefault", "update");

  private static final Set<String> LIST_CHANGES =
      Set.of("append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove");

  private Attributes() {}

  /** A method of that name first, then a key. */
  static Value attribute(Value value, String name, Budget budget) {
    if (value instanceof Undefined undefined) {
      throw undefined.used();
    }
    Value member = member(value, name, budget);
    if (member != null) {
      return member;
    }
    Value entry = value instanceof Dict dict ? dict.get(name) : null;
    return entry == null ? missing(value, name) : entry;
  }

  /** A key or an index first, then a method of that name. */
  static Value item(Value value, Value key, Budget budget) {
    budget.visit();
    if (value instanceof Undefined undefined) {
      throw undefined.used();
    }
    Value item =
        switch (value) {
          case Dict dict -> isKey(key) ? dict.get(key) : null;
          case Seq seq when seq.kind().indexed() && isIndex(key) -> at(seq, Operators.toLong(key));
          case Text text when isIndex(key) -> at(text, Operators.toLong(key), budget);
          default -> null;
        };
    if (item == null && key instanceof Text name) {
      item = member(value, name.chars(), budget);
    }
    return item == null ? missing(value, key) : item;
  }

  private static boolean isKey(Value key) {
    return key instanceof Text || Operators.isNumber(key) || key instanceof None;
  }

  private static boolean isIndex(Value key) {
    return key instanceof Int || key instanceof Bool;
  }

  private static @Nullable Value at(Seq seq, long index) {
    long i = index < 0 ? index + seq.items().size() : index;
    return i >= 0 && i < seq.items().size() ? seq.items().get((int) i) : null;
  }

  private static @Nullable Value at(Text text, long index, Budget budget) {
    budget.work(text.chars().length());
    int length = text.length();
    long i = index < 0 ? index + length : index;
    if (i < 0 || i >= length) {
      return null;
    }
    int from = text.offset((int) i);
    return text.sub(from, from + Character.charCount(text.chars().codePointAt(from)));
  }

  private static @Nullable Value member(Value value, String name, Budget budget) {
    return switch (value) {
      case Text text -> TextMethods.bind(text, name, budget);
      case Dict dict -> DICT_CHANGES.contains(name) ? unsafe(value, name) : method(dict, name);
      case Seq seq when seq.kind() == SeqKind.LIST && LIST_CHANGES.contains(name) ->
          unsafe(value, name);
      case Seq seq when seq.kind().indexed() -> method(seq, name, budget);
      case Namespace namespace -> namespace.get(name);
      case Loop loop -> loop.attribute(name, budget);
      default -> null;
    };
  }

  private static @Nullable Callable method(Dict dict, String name) {
    return switch (name) {
      case "get" ->
          arguments -> {
            @Nullable Value[] given = arguments.bind("get()", "key", "default");
            if (given[0] == null) {
              throw TemplateError.evaluation("get expected at least 1 argument, got 0");
            }
            Value found = dict.get(given[0]);
            return found != null ? found : given[1] != null ? given[1] : None.NONE;
          };
      case "keys" -> view(dict.keys(), SeqKind.DICT_KEYS);
      case "values" -> view(dict.values(), SeqKind.DICT_VALUES);
      case "items" -> view(dict.items(), SeqKind.DICT_ITEMS);
      case "copy" -> view(dict);
      default -> null;
    };
  }

  private static Callable view(List<Value> items, SeqKind kind) {
    return view(new Seq(kind, items));
  }

  private static Callable view(Value result) {
    return arguments -> {
      arguments.none("this method");
      return result;
    };
  }

  private static @Nullable Callable method(Seq seq, String name, Budget budget) {
    return switch (name) {
      case "index" ->
          arguments -> {
            Value wanted = arguments.only("index()");
            for (int i = 0; i < seq.items().size(); i++) {
              if (Comparisons.equal(seq.items().get(i), wanted, budget)) {
                return new Int(i);
              }
            }
            throw TemplateError.evaluation("value is not in the " + seq.typeName());
          };
      case "count" ->
          arguments -> {
            Value wanted = arguments.only("count()");
            return new Int(
                seq.items().stream().filter(v -> Comparisons.equal(v, wanted, budget)).count());
          };
      case "copy" -> seq.kind() == SeqKind.LIST ? view(seq) : null;
      default -> null;
    };
  }

  private static Undefined unsafe(Value value, String name) {
    return new Undefined(
        () ->
            "access to attribute '%s' of '%s' object is unsafe.".formatted(name, value.typeName()));
  }

  private static Undefined missing(Value value, String name) {
    return new Undefined(() -> "'%s' has no attribute '%s'".formatted(described(value), name));
  }

  private static Undefined missing(Value value, Value key) {
    if (key instanceof Text name) {
      return missing(value, name.chars());
    }
    return new Undefined(
        () ->
            "%s has no element %s"
                .formatted(
                    described(value),
                    key instanceof Int n ? Long.toString(n.value()) : "of type " + key.typeName()));
  }

  private static String described(Value value) {
    return value instanceof None ? "None" : value.typeName() + " object";
  }

  /** {@code value[start:stop:step]}; {@code null} where nothing is written. */
  static Value slice(
      Value value,
      @Nullable Value start,
      @Nullable Value stop,
      @Nullable Value step,
      Budget budget) {
    if (value instanceof Undefined undefined) {
      throw undefined.used();
    }
    boolean indexed = value instanceof Seq seq && seq.kind().indexed();
    if (!indexed && !(value instanceof Text)) {
      throw TemplateError.evaluation(
          value instanceof Dict
              ? "unhashable type: 'slice'"
              : "'" + value.typeName() + "' object is not subscriptable");
    }
    int length = (int) Operators.length(value, budget);
    SliceRange range = SliceRange.of(bound(start), bound(stop), bound(step), length);
    return value instanceof Text text
        ? slice(text, range, budget)
        : slice((Seq) value, range, budget);
  }

  private static @Nullable Long bound(@Nullable Value bound) {
    return switch (bound) {
      case null -> null;
      case None _ -> null;
      case Int n -> n.value();
      case Bool b -> Operators.toLong(b);
      default ->
          throw TemplateError.evaluation(
              "slice indices must be integers or None or have an __index__ method");
    };
  }

  private static Value slice(Text text, SliceRange range, Budget budget) {
    budget.text(text.chars().length());
    if (range.step() == 1) {
      int from = text.offset(range.start());
      return text.sub(from, text.chars().offsetByCodePoints(from, range.size()));
    }
    int[] offsets = new int[text.length() + 1];
    for (int i = 1; i < offsets.length; i++) {
      offsets[i] = text.chars().offsetByCodePoints(offsets[i - 1], 1);
    }
    TextBuilder out = new TextBuilder(budget);
    for (int i = 0; i < range.size(); i++) {
      int at = range.index(i);
      out.append(text, offsets[at], offsets[at + 1]);
    }
    return out.build();
  }

  private static Value slice(Seq seq, SliceRange range, Budget budget) {
    budget.items(range.size());
    if (range.step() == 1) {
      return new Seq(seq.kind(), seq.items().subList(range.start(), range.start() + range.size()));
    }
    List<Value> items = new ArrayList<>(range.size());
    for (int i = 0; i < range.size(); i++) {
      items.add(seq.items().get(range.index(i)));
    }
    return new Seq(seq.kind(), items);
  }
}
