package ai.kolm.grammar.json;

import ai.kolm.grammar.GrammarException;
import ai.kolm.grammar.GrammarException.Code;
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

  private static final int MAX_THREADS = 4_096;

  private final Structure structure;
  private final Stacks stacks;
  private final Numbers numbers;
  private final RegexAlgebra algebra;
  private final boolean plainIntegers;
  private final int levels;
  private final List<KeyOption> options = new ArrayList<>();
  private final Map<Scalars, Integer> plainOf = new HashMap<>();
  private final Map<KeyOption, Integer> optionIds = new HashMap<>();

  Threads(
      Structure structure,
      Stacks stacks,
      Numbers numbers,
      JsonStyle.Integers integers,
      int levels) {
    this.structure = structure;
    this.stacks = stacks;
    this.numbers = numbers;
    this.algebra = structure.algebra();
    this.plainIntegers = integers == JsonStyle.Integers.WHOLE;
    this.levels = levels;
  }

  /** Levels that values inside of the innermost object or array may nest. */
  private int levelsLeft(int stack) {
    return levels - stacks.depth(stack);
  }

  private static GrammarException tooMany() {
    return new GrammarException(
        Code.TOO_COMPLEX, "alternatives", "", "too many ways to read the same text");
  }

  private static int[] distinct(int[] kept, int size) {
    if (size > MAX_THREADS) {
      throw tooMany();
    }
    int[] sorted = Arrays.copyOf(kept, size);
    if (size > 1) {
      Arrays.sort(sorted);
      int count = 1;
      for (int i = 1; i < size; i++) {
        if (sorted[i] != sorted[count - 1]) {
          sorted[count++] = sorted[i];
        }
      }
      return count == size ? sorted : Arrays.copyOf(sorted, count);
    }
    return sorted;
  }

  /** Pairs of ints, to be sorted and without repetition. */
  private static final class Pairs {
    private long[] pairs = new long[8];
    private int size;

    void add(int a, int b) {
      if (size == MAX_THREADS) {
        throw tooMany();
      }
      if (size == pairs.length) {
        pairs = Arrays.copyOf(pairs, 2 * size);
      }
      pairs[size++] = (long) a << 32 | b;
    }

    int[] distinct() {
      Arrays.sort(pairs, 0, size);
      int[] kept = new int[2 * size];
      int count = 0;
      for (int i = 0; i < size; i++) {
        if (i == 0 || pairs[i] != pairs[i - 1]) {
          kept[count++] = (int) (pairs[i] >>> 32);
          kept[count++] = (int) pairs[i];
        }
      }
      return count == kept.length ? kept : Arrays.copyOf(kept, count);
    }
  }

  // Values: pairs of a goal and the stack behind the value.

  private Scalars scalars(int[] values, int i) {
    int stack = values[2 * i + 1];
    return inUniqueArray(stack)
        ? structure.scalarsOfItem(values[2 * i], stacks.state(stack))
        : structure.scalars(values[2 * i]);
  }

  private boolean inUniqueArray(int stack) {
    return stacks.isArray(stack) && structure.isUnique(stacks.state(stack));
  }

  /** Per thread the language of its strings, and the stack behind them. */
  int[] strings(int[] values) {
    Pairs strings = new Pairs();
    for (int i = 0; i < values.length / 2; i++) {
      strings.add(scalars(values, i).strings(), values[2 * i + 1]);
    }
    return strings.distinct();
  }

  int keepString(int[] values) {
    int keep = KEEP_NOTHING;
    for (int i = 0; i < values.length / 2; i++) {
      if (inUniqueArray(values[2 * i + 1])) {
        boolean must = structure.mustKeepItem(scalars(values, i).strings());
        keep = Math.max(keep, must ? KEEP_ALWAYS : KEEP_IF_KNOWN);
      }
    }
    return keep;
  }

  /** Per thread the language of its numbers and words, and the stack behind them. */
  int[] plain(int[] values) {
    Pairs plain = new Pairs();
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
      if (inUniqueArray(values[i])) {
        return KEEP_ALWAYS;
      }
    }
    return KEEP_NOTHING;
  }

  int[] beginObjects(int[] values) {
    int[] begun = new int[0];
    int size = 0;
    for (int i = 0; i < values.length; i += 2) {
      int left = levelsLeft(values[i + 1]);
      if (left < 1) {
        continue;
      }
      List<Integer> starts = structure.objectStarts(values[i], left - 1);
      begun = Arrays.copyOf(begun, size + starts.size());
      for (int state : starts) {
        begun[size++] = stacks.push(values[i + 1], false, state);
      }
    }
    return distinct(begun, size);
  }

  int[] beginArrays(int[] values) {
    int[] begun = new int[0];
    int size = 0;
    for (int i = 0; i < values.length; i += 2) {
      int left = levelsLeft(values[i + 1]);
      if (left < 1) {
        continue;
      }
      List<Integer> starts = structure.arrayStarts(values[i], left - 1);
      begun = Arrays.copyOf(begun, size + starts.size());
      for (int state : starts) {
        begun[size++] = stacks.push(values[i + 1], true, state);
      }
    }
    return distinct(begun, size);
  }

  // Ends: stacks.

  int[] endObjects(int[] kept) {
    int[] ended = new int[kept.length];
    int size = 0;
    for (int stack : kept) {
      if (stacks.isObject(stack) && structure.isObjectClosable(stacks.state(stack))) {
        ended[size++] = stacks.parent(stack);
      }
    }
    return distinct(ended, size);
  }

  int[] endArrays(int[] kept) {
    int[] ended = new int[kept.length];
    int size = 0;
    for (int stack : kept) {
      if (stacks.isArray(stack) && structure.isArrayClosable(stacks.state(stack))) {
        ended[size++] = stacks.parent(stack);
      }
    }
    return distinct(ended, size);
  }

  int[] items(int[] kept) {
    Pairs values = new Pairs();
    for (int stack : kept) {
      if (stacks.isArray(stack)) {
        for (ItemOption item : structure.itemOptions(stacks.state(stack), levelsLeft(stack))) {
          int behind = stacks.push(stacks.parent(stack), true, item.next());
          values.add(item.goal(), behind);
        }
      }
    }
    return values.distinct();
  }

  int[] withMoreKeys(int[] kept) {
    int[] more = new int[kept.length];
    int size = 0;
    for (int stack : kept) {
      if (stacks.isObject(stack)
          && !structure.keyOptions(stacks.state(stack), levelsLeft(stack)).isEmpty()) {
        more[size++] = stack;
      }
    }
    return distinct(more, size);
  }

  // Keys: pairs of the stack with the object on top and the number of the option.

  int[] keyOptions(int[] kept) {
    Pairs keys = new Pairs();
    for (int stack : kept) {
      for (KeyOption option : structure.keyOptions(stacks.state(stack), levelsLeft(stack))) {
        keys.add(stack, number(option));
      }
    }
    return keys.distinct();
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
    int[] sorted = distinct(languages, languages.length);
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
      if (inUniqueArray(stack)
          && has(slots, context[i])
          && structure.hasUnknownItem(stacks.state(stack))) {
        return true;
      }
    }
    return false;
  }

  int[] afterKey(int[] context, int[] slots, @Nullable String kept) {
    String text = kept == null ? null : Texts.unescape(kept);
    Pairs values = new Pairs();
    for (int i = FIRST; i < context.length; i += 2) {
      int stack = context[i];
      KeyOption option = options.get(context[i + 1]);
      if (has(slots, option.keys())) {
        int next = structure.afterKey(stacks.state(stack), option, text);
        values.add(option.goal(), stacks.push(stacks.parent(stack), false, next));
      }
    }
    return values.distinct();
  }

  int[] afterScalar(int[] context, int[] slots, @Nullable String kept, boolean string) {
    int[] result = new int[context.length / 2];
    int size = 0;
    for (int i = FIRST; i < context.length; i += 2) {
      if (has(slots, context[i])) {
        int stack = context[i + 1];
        result[size++] = inUniqueArray(stack) ? withItem(stack, kept, string) : stack;
      }
    }
    return distinct(result, size);
  }

  private int withItem(int stack, @Nullable String kept, boolean string) {
    int array = stacks.state(stack);
    int next =
        string || kept == null
            ? structure.withString(array, kept == null ? null : Texts.unescape(kept))
            : structure.withPlain(array, kept);
    return stacks.push(stacks.parent(stack), true, next);
  }
}
