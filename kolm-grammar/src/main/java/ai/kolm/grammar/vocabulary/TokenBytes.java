package ai.kolm.grammar.vocabulary;

import ai.kolm.tokenizer.Vocabulary;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The tokens of a vocabulary by what they write. Tokens of the same bytes are aliases and share a
 * key. Control tokens stand for themselves ({@link #mark}); those that end an answer are in no
 * trie.
 *
 * <p>Tokens are parted in two tries. "Safe" ones are whole characters that may stand in a JSON
 * string as they are: 95 to 99 percent of a vocabulary, which a free string takes all at once.
 *
 * <p>Immutable but for masks made on demand; shared by threads.
 */
public final class TokenBytes {
  private final int size;
  private final byte[][] bytes;
  private final int[] endTokens;
  private final Part safe;
  private final Part rest;
  private final int[] safeLengths;
  private final int[] safeBelow;
  private final long[] @Nullable [] safeUpTo;
  private final Tails tails;

  /**
   * A trie and the tokens of its keys.
   *
   * @param trie of the bytes
   * @param tokens per key the ids that write it
   */
  public record Part(ByteTrie trie, int[][] tokens) {}

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
    safe = part(safeTokens);
    rest = part(otherTokens);
    tails = new Tails(rest, this);
    safeLengths = new int[safe.tokens.length];
    int longest = 0;
    for (int key = 0; key < safeLengths.length; key++) {
      safeLengths[key] = SafeText.length(bytes[safe.tokens[key][0]]);
      longest = Math.max(longest, safeLengths[key]);
    }
    safeUpTo = new long[longest + 1][];
    safeBelow = longestBelow(safe.trie, safeLengths);
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

  private Part part(List<Integer> ids) {
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
    return new Part(new ByteTrie(strings.toArray(byte[][]::new)), tokens.toArray(int[][]::new));
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

  /** The most characters a safe token has. */
  public int longestSafe() {
    return safeUpTo.length - 1;
  }

  /** The mask of the safe tokens of at most {@code characters}; not to be changed. */
  public long[] safeUpTo(int characters) {
    int length = Math.min(characters, longestSafe());
    synchronized (safeUpTo) {
      long[] mask = safeUpTo[length];
      if (mask == null) {
        mask = new long[words()];
        for (int key = 0; key < safeLengths.length; key++) {
          if (safeLengths[key] <= length) {
            set(mask, safe.tokens[key]);
          }
        }
        safeUpTo[length] = mask;
      }
      return mask;
    }
  }

  /** Adds {@code tokens} to a mask. */
  public static void set(long[] mask, int[] tokens) {
    for (int token : tokens) {
      mask[token >> 6] |= 1L << token;
    }
  }
}
