package ai.kolm.grammar.json;

import ai.kolm.grammar.schema.Structure;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Stacks on which it matters later what has been written: inside of arrays without duplicates. Each
 * frame there carries its value so far, and the values it must become none of.
 */
final class Following {
  private static final byte PLAIN = 1;
  private static final byte WATCHED = 2;

  private final Structure structure;
  private final Stacks stacks;
  private final int levels;

  /** Per stack: 0 where that is not known yet, else {@link #PLAIN} or {@link #WATCHED}. */
  private byte[] watched = new byte[64];

  Following(Structure structure, Stacks stacks, int levels) {
    this.structure = structure;
    this.stacks = stacks;
    this.levels = levels;
  }

  /** Levels that values inside of the innermost object or array may nest. */
  int levelsLeft(int stack) {
    return levels - stacks.depth(stack);
  }

  boolean inUniqueArray(int stack) {
    return stacks.isArray(stack) && structure.isUnique(stacks.state(stack));
  }

  /** Whether what is written into the innermost object or array must be known later. */
  boolean isFollowed(int stack) {
    return stack != Stacks.EMPTY
        && (stacks.value(stack) != Structure.NO_VALUE || inUniqueArray(stack));
  }

  /** Whether anything on a stack is followed: on most, nothing is. */
  private boolean isWatched(int stack) {
    if (stack == Stacks.EMPTY) {
      return false;
    }
    if (stack >= watched.length) {
      watched = Arrays.copyOf(watched, Math.max(stack + 1, 2 * watched.length));
    }
    if (watched[stack] == 0) {
      watched[stack] = isFollowed(stack) || isWatched(stacks.parent(stack)) ? WATCHED : PLAIN;
    }
    return watched[stack] == WATCHED;
  }

  /** Whether anything in the threads of a context is followed. */
  private boolean isWatched(int[] context, Phase phase) {
    Phase.Place place = phase.stacks();
    for (int i = Threads.FIRST + place.first; i < context.length; i += place.step) {
      if (isWatched(context[i])) {
        return true;
      }
    }
    return false;
  }

  /** What the next value on a stack must not be. */
  int excluded(int stack) {
    if (!isFollowed(stack)) {
      return Structure.NO_VALUES;
    }
    int state = stacks.state(stack);
    int value = stacks.value(stack);
    return stacks.isArray(stack)
        ? structure.excludedItem(state, value, stacks.others(stack), levelsLeft(stack))
        : structure.excludedMember(state, value, stacks.others(stack), levelsLeft(stack));
  }

  /** The stack with a new state of its innermost object or array. */
  int replace(int stack, int state, int value) {
    return stacks.push(
        stacks.parent(stack), stacks.isArray(stack), state, value, stacks.others(stack));
  }

  /** The stack behind a value. */
  int withValue(int stack, int value) {
    if (!isFollowed(stack)) {
      return stack;
    }
    int state = stacks.state(stack);
    int next = stacks.isArray(stack) ? structure.afterItem(state, value) : state;
    return replace(stack, next, structure.with(stacks.value(stack), value));
  }

  /** Whether anywhere on these stacks it is not known what has to be different. */
  boolean isUncertain(int[] kept, Phase phase) {
    Phase.Place place = phase.stacks();
    for (int i = place.first; i < kept.length; i += place.step) {
      int top = kept[i];
      if (!isWatched(top)) {
        continue;
      }
      if (inUniqueArray(top) && structure.hasLostItems(stacks.state(top))) {
        return true;
      }
      for (int stack = top; stack != Stacks.EMPTY; stack = stacks.parent(stack)) {
        if (structure.isUncertain(stacks.value(stack), stacks.others(stack))) {
          return true;
        }
      }
    }
    return false;
  }

  /**
   * The threads of a context without what no token that follows depends on, or only one that ends
   * an item of an array without duplicates: then it is uncertain. So all items have the same masks,
   * as soon as they differ from those before.
   *
   * @return null if that is nothing
   */
  int @Nullable [] forgetful(int[] context, Phase phase) {
    if (!isWatched(context, phase)) {
      return null;
    }
    Phase.Place place = phase.stacks();
    int[] kept = Arrays.copyOfRange(context, Threads.FIRST, context.length);
    for (int i = place.first; i < kept.length; i += place.step) {
      kept[i] = forgetful(kept[i], true);
    }
    if (place == Phase.Place.ALONE) {
      return Distinct.of(kept, kept.length);
    }
    Distinct.Pairs pairs = new Distinct.Pairs();
    for (int i = 0; i < kept.length; i += 2) {
      pairs.add(kept[i], kept[i + 1]);
    }
    return pairs.distinct();
  }

  private int forgetful(int stack, boolean top) {
    if (stack == Stacks.EMPTY) {
      return stack;
    }
    int state = stacks.state(stack);
    int value = stacks.value(stack);
    int others = stacks.others(stack);
    if (value != Structure.NO_VALUE && structure.isDifferent(value, others)) {
      value = Structure.UNKNOWN_VALUE;
      others = Structure.NO_VALUES;
    }
    if (!top && inUniqueArray(stack)) {
      state = structure.withItemsLost(state);
    }
    int parent = forgetful(stacks.parent(stack), false);
    return stacks.push(parent, stacks.isArray(stack), state, value, others);
  }
}
