package ai.kolm.grammar.json;

import ai.kolm.grammar.JsonStyle;
import ai.kolm.grammar.regex.Numbers;
import ai.kolm.grammar.regex.RegexAlgebra;
import ai.kolm.grammar.schema.ItemOption;
import ai.kolm.grammar.schema.KeyOption;
import ai.kolm.grammar.schema.Scalars;
import ai.kolm.grammar.schema.Structure;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How the threads of a {@link JsonAutomaton} go on; each kind of step on all of them at once. */
final class Threads {
  /** Where in a context the threads start. */
  static final int FIRST = 2;

  static final int KEEP_NOTHING = 0;
  static final int KEEP_IF_KNOWN = 1;
  static final int KEEP_ALWAYS = 2;

  private final Structure structure;
  private final Stacks stacks;
  private final Following following;
  private final Numbers numbers;
  private final RegexAlgebra algebra;
  private final boolean plainIntegers;
  private final List<KeyOption> options = new ArrayList<>();
  private final Map<Scalars, Integer> plainOf = new HashMap<>();
  private final Map<KeyOption, Integer> optionIds = new HashMap<>();

  Threads(
      Structure structure,
      Stacks stacks,
      Following following,
      Numbers numbers,
      JsonStyle.Integers integers) {
    this.structure = structure;
    this.stacks = stacks;
    this.following = following;
    this.numbers = numbers;
    this.algebra = structure.algebra();
    this.plainIntegers = integers == JsonStyle.Integers.WHOLE;
  }

  // Values: pairs of a goal and the stack behind the value.

  private Scalars scalars(int[] values, int i) {
    return structure.scalars(values[2 * i], following.excluded(values[2 * i + 1]));
  }

  /** Per thread the language of its strings, and the stack behind them. */
  int[] strings(int[] values) {
    Distinct.Pairs strings = new Distinct.Pairs();
    for (int i = 0; i < values.length / 2; i++) {
      strings.add(scalars(values, i).strings(), values[2 * i + 1]);
    }
    return strings.distinct();
  }

  int keepString(int[] values) {
    int keep = KEEP_NOTHING;
    for (int i = 0; i < values.length / 2; i++) {
      int stack = values[2 * i + 1];
      if (following.isFollowed(stack)) {
        boolean must = following.inUniqueArray(stack) && structure.mustKeepItem(values[2 * i]);
        keep = Math.max(keep, must ? KEEP_ALWAYS : KEEP_IF_KNOWN);
      }
    }
    return keep;
  }

  /** Per thread the language of its numbers and words, and the stack behind them. */
  int[] plain(int[] values) {
    Distinct.Pairs plain = new Distinct.Pairs();
    for (int i = 0; i < values.length / 2; i++) {
      plain.add(plainOf.computeIfAbsent(scalars(values, i), this::plain), values[2 * i + 1]);
    }
    return plain.distinct();
  }

  private int plain(Scalars scalars) {
    int[] parts = {
      numbers.spelled(scalars.numbers(), plainIntegers),
      scalars.hasNull() ? algebra.literal("null") : RegexAlgebra.EMPTY,
      scalars.hasTrue() ? algebra.literal("true") : RegexAlgebra.EMPTY,
      scalars.hasFalse() ? algebra.literal("false") : RegexAlgebra.EMPTY
    };
    return algebra.union(parts);
  }

  int keepPlain(int[] values) {
    for (int i = 1; i < values.length; i += 2) {
      if (following.isFollowed(values[i])) {
        return KEEP_ALWAYS;
      }
    }
    return KEEP_NOTHING;
  }

  int[] begin(int[] values, boolean array) {
    int[] begun = new int[0];
    int size = 0;
    for (int i = 0; i < values.length; i += 2) {
      int stack = values[i + 1];
      int left = following.levelsLeft(stack);
      if (left < 1) {
        continue;
      }
      int others = structure.structuresOf(following.excluded(stack));
      List<Integer> starts =
          array
              ? structure.arrayStarts(values[i], others, left - 1)
              : structure.objectStarts(values[i], others, left - 1);
      int empty = array ? Structure.EMPTY_ARRAY : Structure.EMPTY_OBJECT;
      int value = following.isFollowed(stack) ? empty : Structure.NO_VALUE;
      begun = Arrays.copyOf(begun, size + starts.size());
      for (int state : starts) {
        begun[size++] = stacks.push(stack, array, state, value, others);
      }
    }
    return Distinct.of(begun, size);
  }

  // Ends: stacks.

  int[] end(int[] kept, boolean array) {
    int[] ended = new int[kept.length];
    int size = 0;
    for (int stack : kept) {
      if (stack != Stacks.EMPTY && stacks.isArray(stack) == array && isClosable(stack)) {
        ended[size++] =
            following.withValue(stacks.parent(stack), structure.ended(stacks.value(stack)));
      }
    }
    return Distinct.of(ended, size);
  }

  private boolean isClosable(int stack) {
    int state = stacks.state(stack);
    return (stacks.isArray(stack)
            ? structure.isArrayClosable(state)
            : structure.isObjectClosable(state))
        && structure.isNew(stacks.value(stack), stacks.others(stack));
  }

  int[] items(int[] kept) {
    Distinct.Pairs values = new Distinct.Pairs();
    for (int stack : kept) {
      if (stacks.isArray(stack)) {
        int value = stacks.value(stack);
        for (ItemOption item :
            structure.itemOptions(
                stacks.state(stack), value, stacks.others(stack), following.levelsLeft(stack))) {
          values.add(item.goal(), following.replace(stack, item.next(), value));
        }
      }
    }
    return values.distinct();
  }

  int[] withMoreKeys(int[] kept) {
    int[] more = new int[kept.length];
    int size = 0;
    for (int stack : kept) {
      if (stacks.isObject(stack) && !options(stack).isEmpty()) {
        more[size++] = stack;
      }
    }
    return Distinct.of(more, size);
  }

  // Keys: pairs of the stack with the object on top and the number of the option.

  int[] keyOptions(int[] kept) {
    Distinct.Pairs keys = new Distinct.Pairs();
    for (int stack : kept) {
      for (KeyOption option : options(stack)) {
        keys.add(stack, number(option));
      }
    }
    return keys.distinct();
  }

  private List<KeyOption> options(int stack) {
    return structure.keyOptions(
        stacks.state(stack),
        stacks.value(stack),
        stacks.others(stack),
        following.levelsLeft(stack));
  }

  private int number(KeyOption option) {
    return optionIds.computeIfAbsent(
        option,
        o -> {
          options.add(o);
          return options.size() - 1;
        });
  }

  /**
   * The slots of the lexer: one for each language, with its own number. So a lexer is in the same
   * state wherever in a document the same texts may come.
   *
   * @param threads in a text, of a language of keys or of a value
   */
  int[] slots(int[] threads, boolean ofKeys) {
    int[] languages = new int[threads.length / 2];
    for (int i = 0; i < languages.length; i++) {
      languages[i] = ofKeys ? options.get(threads[2 * i + 1]).keys() : threads[2 * i];
    }
    int[] sorted = Distinct.of(languages, languages.length);
    int[] slots = new int[2 * sorted.length];
    for (int i = 0; i < slots.length; i++) {
      slots[i] = sorted[i / 2];
    }
    return slots;
  }

  int keepKey(int[] keys) {
    int keep = KEEP_NOTHING;
    for (int i = 1; i < keys.length; i += 2) {
      KeyOption option = options.get(keys[i]);
      if (option.name() < 0) {
        keep = Math.max(keep, structure.mustKeep(option) ? KEEP_ALWAYS : KEEP_IF_KNOWN);
      }
    }
    return keep;
  }

  // Ends of texts: the slots are the languages that the text is of.

  private static boolean has(int[] slots, int language) {
    for (int slot : slots) {
      if (slot == language) {
        return true;
      }
    }
    return false;
  }

  /** Whether nothing is open behind a value that is a text. */
  boolean endsAll(int[] context, int[] slots) {
    for (int i = FIRST; i < context.length; i += 2) {
      if (context[i + 1] == Stacks.EMPTY && has(slots, context[i])) {
        return true;
      }
    }
    return false;
  }

  boolean dependsOnForgottenKey(int[] context, int[] slots) {
    for (int i = FIRST; i < context.length; i += 2) {
      KeyOption option = options.get(context[i + 1]);
      if (option.name() < 0
          && has(slots, option.keys())
          && structure.hasUnknownKey(stacks.state(context[i]))) {
        return true;
      }
    }
    return false;
  }

  boolean dependsOnForgottenItem(int[] context, int[] slots) {
    for (int i = FIRST; i < context.length; i += 2) {
      int stack = context[i + 1];
      if (following.inUniqueArray(stack)
          && has(slots, context[i])
          && structure.hasUnknownItem(stacks.state(stack))) {
        return true;
      }
    }
    return false;
  }

  int[] afterKey(int[] context, int[] slots, @Nullable String kept) {
    String text = kept == null ? null : Texts.unescape(kept);
    Distinct.Pairs values = new Distinct.Pairs();
    for (int i = FIRST; i < context.length; i += 2) {
      int stack = context[i];
      KeyOption option = options.get(context[i + 1]);
      if (has(slots, option.keys())) {
        int state = stacks.state(stack);
        int value = structure.withKey(stacks.value(stack), state, option, text);
        values.add(
            option.goal(),
            following.replace(stack, structure.afterKey(state, option, text), value));
      }
    }
    return values.distinct();
  }

  int[] afterScalar(int[] context, int[] slots, @Nullable String kept, boolean string) {
    String meaning = kept != null && string ? Texts.unescape(kept) : kept;
    int[] result = new int[context.length / 2];
    int size = 0;
    for (int i = FIRST; i < context.length; i += 2) {
      if (has(slots, context[i])) {
        int stack = context[i + 1];
        result[size++] =
            following.isFollowed(stack)
                ? following.withValue(stack, scalar(meaning, string, context[i]))
                : stack;
      }
    }
    return Distinct.of(result, size);
  }

  private int scalar(@Nullable String meaning, boolean string, int language) {
    if (meaning == null) {
      return structure.forgotten(language);
    }
    return string ? structure.string(meaning) : structure.plain(meaning);
  }
}
