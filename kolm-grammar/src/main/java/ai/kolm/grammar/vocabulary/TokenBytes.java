package ai.kolm.grammar.vocabulary;

import ai.kolm.grammar.regex.Characters;
import ai.kolm.tokenizer.Vocabulary;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/**
 * The tokens of a vocabulary by what they write. Tokens of the same bytes are aliases and share a
 * key. Control tokens stand for themselves ({@link #mark}); those that end an answer are in no
 * trie.
 *
 * <p>Tokens are parted in two tries. "Safe" ones are whole characters that may stand in a JSON
 * string as they are: 95 to 99 percent of a vocabulary, which a free string takes all at once.
 *
 * <p>Immutable; shared by threads.
 */
public final class TokenBytes {
  private final int size;
  private final byte[][] bytes;
  private final int[] endTokens;
  private final Part safe;
  private final Part rest;
  private final int[] safeLengths;
  private final int[] safeBelow;
  private final long[][] safeUpTo;
  private final CharacterTokens characters;
  private final int[] restLengths;
  private final int[] restBelow;
  private final int longest;
  private final Tails tails;

  /** A trie and the tokens of its keys. Immutable. */
  public static final class Part {
    private final ByteTrie trie;

    /** Per key the token, or, where several write the same, the complement of their place. */
    private final int[] single;

    private final int[][] aliases;

    private final Alphabets alphabets;

    Part(ByteTrie trie, List<int[]> tokens, boolean whole) {
      this.trie = trie;
      this.alphabets = new Alphabets(trie, whole);
      this.single = new int[tokens.size()];
      List<int[]> several = new ArrayList<>();
      for (int key = 0; key < single.length; key++) {
        int[] ids = tokens.get(key);
        if (ids.length == 1) {
          single[key] = ids[0];
        } else {
          single[key] = ~several.size();
          several.add(ids);
        }
      }
      this.aliases = several.toArray(int[][]::new);
    }

    /** Of the bytes. */
    public ByteTrie trie() {
      return trie;
    }

    /** The number of keys. */
    public int size() {
      return single.length;
    }

    /** The lowest token that writes {@code key}. */
    public int first(int key) {
      int id = single[key];
      return id >= 0 ? id : aliases[~id][0];
    }

    /** Whether all tokens at and below {@code node}, from its own byte on, have no others. */
    public boolean within(int node, Characters characters) {
      return alphabets.within(node, characters);
    }

    /** Whether some token at or below {@code node}, from its own byte on, has one of these. */
    public boolean meets(int node, Characters characters) {
      return alphabets.meets(node, characters);
    }

    /** Adds all tokens at and below {@code node}. */
    public void addBelow(int node, TokenCollector to) {
      int end = trie.keysBefore(trie.end(node));
      for (int key = trie.keysBefore(node); key < end; key++) {
        add(key, to);
      }
    }

    /** Adds the tokens that write {@code key}. */
    public void add(int key, TokenCollector to) {
      int id = single[key];
      if (id >= 0) {
        to.add(id);
      } else {
        to.addAll(aliases[~id]);
      }
    }
  }

  /** The tokens of {@code vocabulary}, of which {@code ends} end an answer. */
  public TokenBytes(Vocabulary vocabulary, Set<Integer> ends) {
    size = vocabulary.size();
    bytes = new byte[size][];
    endTokens = ends.stream().mapToInt(Integer::intValue).sorted().toArray();
    List<Integer> safeTokens = new ArrayList<>();
    List<Integer> otherTokens = new ArrayList<>();
    for (int id = 0; id < size; id++) {
      bytes[id] = bytes(vocabulary, id);
      if (bytes[id].length > 0) {
        (SafeText.isSafe(bytes[id]) ? safeTokens : otherTokens).add(id);
      }
    }
    safe = part(safeTokens, true);
    rest = part(otherTokens, false);
    tails = new Tails(rest, this);
    safeLengths = new int[safe.size()];
    int longestSafe = 0;
    for (int key = 0; key < safeLengths.length; key++) {
      safeLengths[key] = SafeText.length(bytes[safe.first(key)]);
      longestSafe = Math.max(longestSafe, safeLengths[key]);
    }
    safeUpTo = masksUpTo(safe, safeLengths, longestSafe);
    characters = new CharacterTokens(safe, this);
    safeBelow = longestBelow(safe.trie, safeLengths);
    restLengths = new int[rest.size()];
    int longestRest = 0;
    for (int key = 0; key < restLengths.length; key++) {
      restLengths[key] = bytes[rest.first(key)].length;
      longestRest = Math.max(longestRest, restLengths[key]);
    }
    restBelow = longestBelow(rest.trie, restLengths);
    longest = Math.max(longestSafe, longestRest);
  }

  /** For each node the greatest of the {@code lengths} of keys at or below it. */
  private static int[] longestBelow(ByteTrie trie, int[] lengths) {
    int[] below = new int[trie.size()];
    for (int node = trie.size() - 1; node >= 0; node--) {
      int greatest = trie.key(node) < 0 ? 0 : lengths[trie.key(node)];
      for (int child = node + 1; child < trie.end(node); child = trie.end(child)) {
        greatest = Math.max(greatest, below[child]);
      }
      below[node] = greatest;
    }
    return below;
  }

  /**
   * Per length the tokens that are no longer. Most lengths up to the longest are those of no token:
   * they share the mask of a lower one.
   */
  private long[][] masksUpTo(Part part, int[] lengths, int longest) {
    int[][] ofLength = new int[longest + 1][];
    int[] counts = new int[longest + 1];
    for (int length : lengths) {
      counts[length]++;
    }
    Arrays.setAll(ofLength, length -> new int[counts[length]]);
    for (int key = 0; key < lengths.length; key++) {
      ofLength[lengths[key]][--counts[lengths[key]]] = key;
    }
    long[][] masks = new long[longest + 1][];
    masks[0] = new long[words()];
    for (int length = 1; length <= longest; length++) {
      masks[length] = masks[length - 1];
      if (ofLength[length].length > 0) {
        TokenCollector longer = new TokenCollector(words());
        System.arraycopy(masks[length - 1], 0, longer.bits(), 0, words());
        for (int key : ofLength[length]) {
          part.add(key, longer);
        }
        masks[length] = longer.bits();
      }
    }
    return masks;
  }

  private byte[] bytes(Vocabulary vocabulary, int id) {
    if (Arrays.binarySearch(endTokens, id) >= 0) {
      return new byte[0];
    }
    return switch (vocabulary.kind(id)) {
      case NORMAL, USER_DEFINED, BYTE -> vocabulary.bytes(id);
      case CONTROL -> mark(id);
      case UNKNOWN, UNUSED -> new byte[0];
    };
  }

  /**
   * What stands for a control token among bytes: 0xFF, which no text has, and its id. So a grammar
   * can ask for the token itself, and no text can ever spell it.
   */
  public static byte[] mark(int id) {
    return new byte[] {(byte) 0xFF, (byte) (id >> 16), (byte) (id >> 8), (byte) id};
  }

  private Part part(List<Integer> ids, boolean whole) {
    ids.sort(
        Comparator.comparing((Integer id) -> bytes[id], Arrays::compareUnsigned)
            .thenComparing(Comparator.naturalOrder()));
    List<byte[]> strings = new ArrayList<>();
    List<int[]> tokens = new ArrayList<>();
    for (int id : ids) {
      if (!strings.isEmpty() && Arrays.equals(strings.getLast(), bytes[id])) {
        int[] aliases = tokens.removeLast();
        aliases = Arrays.copyOf(aliases, aliases.length + 1);
        aliases[aliases.length - 1] = id;
        tokens.add(aliases);
      } else {
        strings.add(bytes[id]);
        tokens.add(new int[] {id});
      }
    }
    return new Part(new ByteTrie(strings.toArray(byte[][]::new)), tokens, whole);
  }

  /** Ids are below this. */
  public int size() {
    return size;
  }

  /** Words of a mask. */
  public int words() {
    return (size + 63) >>> 6;
  }

  /** What a token writes; empty for one that is never allowed by its bytes. */
  public byte[] bytes(int id) {
    return bytes[id];
  }

  /** The tokens that end an answer, sorted. */
  public int[] endTokens() {
    return endTokens;
  }

  /** The safe tokens. */
  public Part safe() {
    return safe;
  }

  /** All other tokens that write something. */
  public Part rest() {
    return rest;
  }

  /** What may follow a quote inside of tokens. */
  public Tails tails() {
    return tails;
  }

  /** The most characters of the safe tokens at or below a node of their trie. */
  public int safeBelow(int node) {
    return safeBelow[node];
  }

  /** The most bytes of the other tokens at or below a node of their trie. */
  public int restBelow(int node) {
    return restBelow[node];
  }

  /** No token has more characters. */
  public int longest() {
    return longest;
  }

  /** The most characters a safe token has. */
  public int longestSafe() {
    return safeUpTo.length - 1;
  }

  /** The mask of the safe tokens of at most {@code characters}; not to be changed. */
  public long[] safeUpTo(int characters) {
    return safeUpTo[Math.min(characters, longestSafe())];
  }

  /** The bytes of a key of {@link #rest}. */
  public int restLength(int key) {
    return restLengths[key];
  }

  /** The safe tokens by their characters. */
  public CharacterTokens characters() {
    return characters;
  }
}
