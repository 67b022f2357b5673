package ai.kolm.prompt.jinja;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What operators and the protocols of Python mean for values. */
final class Operators {
  private Operators() {}

  /** Whether a value counts as true. */
  static boolean truth(Value value) {
    return switch (value) {
      case Value.Bool b -> b.value();
      case Value.Int n -> n.value() != 0;
      case Value.Real n -> n.value() != 0;
      case Text text -> !text.isEmpty();
      case Value.None _, Value.Undefined _ -> false;
      case Value.Seq seq -> !seq.items().isEmpty();
      case Value.Dict dict -> dict.size() > 0;
      case Value.Generator _, Value.Namespace _, Loop _, Value.Callable _ -> true;
    };
  }

  /** Python's {@code len()}. */
  static long length(Value value, Budget budget) {
    return switch (value) {
      case Text text -> {
        budget.work(text.chars().length());
        yield text.length();
      }
      case Value.Seq seq -> seq.items().size();
      case Value.Dict dict -> dict.size();
      case Value.Undefined _ -> 0;
      case Loop loop -> loop.length();
      case Value.Int _,
          Value.Real _,
          Value.Bool _,
          Value.None _,
          Value.Generator _,
          Value.Namespace _,
          Value.Callable _ ->
          throw TemplateError.evaluation("object of type '" + value.typeName() + "' has no len()");
    };
  }

  /** Walks a value: the items of a sequence, the keys of a dictionary, the characters of a text. */
  static Iterator<Value> iterate(Value value, Budget budget) {
    return switch (value) {
      case Value.Seq seq -> {
        budget.items(seq.items().size());
        yield seq.items().iterator();
      }
      case Value.Dict dict -> {
        budget.items(dict.size());
        yield dict.keys().iterator();
      }
      case Text text -> characters(text, budget).iterator();
      case Value.Generator generator -> generator.rest();
      case Value.Undefined _ -> List.<Value>of().iterator();
      case Value.Int _,
          Value.Real _,
          Value.Bool _,
          Value.None _,
          Value.Namespace _,
          Loop _,
          Value.Callable _ ->
          throw TemplateError.evaluation("'" + value.typeName() + "' object is not iterable");
    };
  }

  static boolean isIterable(Value value) {
    return switch (value) {
      case Value.Seq _, Value.Dict _, Text _, Value.Generator _, Value.Undefined _ -> true;
      case Value.Int _,
          Value.Real _,
          Value.Bool _,
          Value.None _,
          Value.Namespace _,
          Loop _,
          Value.Callable _ ->
          false;
    };
  }

  /** All items of a value, in a list the caller owns. */
  static List<Value> toList(Value value, Budget budget) {
    List<Value> items = new ArrayList<>();
    iterate(value, budget).forEachRemaining(items::add);
    return items;
  }

  private static List<Value> characters(Text text, Budget budget) {
    String chars = text.chars();
    budget.items(text.length());
    List<Value> characters = new ArrayList<>();
    for (int i = 0; i < chars.length(); ) {
      int end = i + Character.charCount(chars.codePointAt(i));
      characters.add(text.sub(i, end));
      i = end;
    }
    return characters;
  }

  /** Python's {@code item in container}. */
  static boolean contains(Value container, Value item, Budget budget) {
    return switch (container) {
      case Text text -> {
        if (!(item instanceof Text part)) {
          throw TemplateError.evaluation(
              "'in <string>' requires string as left operand, not " + item.typeName());
        }
        search(text, part, budget);
        yield text.chars().contains(part.chars());
      }
      case Value.Dict dict -> dict.get(item) != null;
      case Value.Seq _, Value.Generator _, Value.Undefined _ -> {
        boolean found = false;
        for (Iterator<Value> items = iterate(container, budget); !found && items.hasNext(); ) {
          found = Comparisons.same(items.next(), item, budget, 0);
        }
        yield found;
      }
      case Value.Int _,
          Value.Real _,
          Value.Bool _,
          Value.None _,
          Value.Namespace _,
          Loop _,
          Value.Callable _ ->
          throw TemplateError.evaluation(
              "argument of type '" + container.typeName() + "' is not iterable");
    };
  }

  /** Pays for looking for one text in another. */
  static void search(Text text, Text part, Budget budget) {
    budget.work(text.chars().length() * (1L + part.chars().length() / 16));
  }

  static void checkDefined(Value a, Value b) {
    if (a instanceof Value.Undefined undefined) {
      throw undefined.used();
    }
    if (b instanceof Value.Undefined undefined) {
      throw undefined.used();
    }
  }

  static boolean isNumber(@Nullable Value value) {
    return value instanceof Value.Int || value instanceof Value.Real || value instanceof Value.Bool;
  }

  static boolean isReal(Value value) {
    return value instanceof Value.Real;
  }

  /** A number as Python's int sees it; the caller checked that it is one. */
  static long toLong(Value value) {
    return switch (value) {
      case Value.Int n -> n.value();
      case Value.Bool b -> b.value() ? 1 : 0;
      default -> throw new IllegalArgumentException(value.typeName());
    };
  }

  static double toDouble(Value value) {
    return value instanceof Value.Real n ? n.value() : toLong(value);
  }
}
