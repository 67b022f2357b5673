package ai.kolm.anonymize;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What detectors have found in one text, until it is decided which findings hold. */
final class Findings {
  private static final int INITIAL = 64;
  private static final List<EntityClass> BY_RANK = List.of(EntityClass.values());
  private static final Map<EntityClass, Byte> RANKS = new EnumMap<>(EntityClass.class);

  static {
    BY_RANK.forEach(type -> RANKS.put(type, (byte) RANKS.size()));
  }

  private final Tokens tokens;
  private int[] starts = new int[INITIAL];
  private int[] ends = new int[INITIAL];
  private byte[] ranks = new byte[INITIAL];
  private int size;

  Findings(Tokens tokens) {
    this.tokens = tokens;
  }

  /** Adds the text of tokens {@code first} to {@code last}, both included. */
  void add(int first, int last, EntityClass type) {
    addView(tokens.start(first), tokens.end(last), type);
  }

  /** Adds a piece of the view. */
  void addView(int start, int end, EntityClass type) {
    if (size == starts.length) {
      starts = Arrays.copyOf(starts, 2 * size);
      ends = Arrays.copyOf(ends, 2 * size);
      ranks = Arrays.copyOf(ranks, 2 * size);
    }
    starts[size] = tokens.view().origin(start);
    ends[size] = tokens.view().originEnd(end);
    ranks[size] = Objects.requireNonNull(RANKS.get(type));
    size++;
  }

  /** The findings that hold, in the order of the text: the longest wins, then the rank. */
  List<Span> resolve() {
    boolean[] taken = new boolean[tokens.view().original().length()];
    List<Span> kept = new ArrayList<>();
    for (int i : bestFirst()) {
      if (!taken[starts[i]] && !taken[ends[i] - 1]) {
        Arrays.fill(taken, starts[i], ends[i], true);
        kept.add(new Span(starts[i], ends[i], BY_RANK.get(ranks[i])));
      }
    }
    kept.sort(Comparator.comparingInt(Span::start));
    return kept;
  }

  /**
   * All findings by length, rank, and the order they came in, sorted by counting: a text made to be
   * slow has more than one for every character.
   */
  private int[] bestFirst() {
    int[] order = new int[size];
    int[] keys = new int[size];
    int longest = 0;
    for (int i = 0; i < size; i++) {
      order[i] = i;
      keys[i] = ranks[i];
      longest = Math.max(longest, ends[i] - starts[i]);
    }
    order = sorted(order, keys, BY_RANK.size());
    for (int i = 0; i < size; i++) {
      keys[i] = longest - (ends[i] - starts[i]);
    }
    return sorted(order, keys, longest + 1);
  }

  /** {@code order} by the keys of what it names, which are below {@code bound}; equal ones stay. */
  private static int[] sorted(int[] order, int[] keys, int bound) {
    int[] next = new int[bound + 1];
    for (int key : keys) {
      next[key + 1]++;
    }
    for (int key = 0; key < bound; key++) {
      next[key + 1] += next[key];
    }
    int[] result = new int[order.length];
    for (int i : order) {
      result[next[keys[i]]++] = i;
    }
    return result;
  }
}
