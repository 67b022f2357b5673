package ai.kolm.anonymize;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;

/**
 * Says of every capitalised word whether it is part of a name of a person, of a place, or neither:
 * an averaged perceptron (Collins 2002) over hashed features of the word and its neighbours, left
 * to right, the last decision being a feature of the next. What the lists do not know is recognised
 * by what stands around it.
 *
 * <p>Its weights are trained by {@code NameTaggerTraining} in the tests, from generated notes and
 * with a fixed seed, and come with kolm in one byte each. Immutable.
 */
final class NameTagger {
  /** What a word is part of. */
  enum Tag {
    OTHER(0),
    NAME(1),
    PLACE(2);

    private final int index;

    Tag(int index) {
      this.index = index;
    }

    /** Where the weights of this tag stand among those of a bucket. */
    int index() {
      return index;
    }
  }

  /** Buckets that features are hashed to. */
  static final int BUCKETS = 1 << 16;

  /** How many tags there are. */
  static final int TAGS = 3;

  private static final String RESOURCE = "name-tagger.bin";
  private static final int MAGIC = 0x4B544731;
  private static final int FEATURES = 24;

  private final byte[] weights;

  /**
   * @param weights of each bucket, {@link #TAGS} of them one after the other
   */
  NameTagger(byte[] weights) {
    this.weights = weights;
  }

  /** The tagger that comes with kolm. */
  static NameTagger load() {
    try (InputStream in = NameTagger.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new IllegalStateException("kolm was built without " + RESOURCE);
      }
      DataInputStream data = new DataInputStream(in);
      if (data.readInt() != MAGIC) {
        throw new IllegalStateException(RESOURCE + " is of another version");
      }
      return new NameTagger(data.readNBytes(BUCKETS * TAGS));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes weights as {@link #load} reads them. */
  static void write(byte[] weights, OutputStream to) throws IOException {
    DataOutputStream data = new DataOutputStream(to);
    data.writeInt(MAGIC);
    data.write(weights);
    data.flush();
  }

  /** The tags of all tokens; what is not a capitalised word is {@code OTHER}. */
  Tag[] tag(Tokens tokens, KnownWords words) {
    Tag[] tags = new Tag[tokens.size()];
    int[] features = new int[FEATURES];
    Tag previous = Tag.OTHER;
    for (int i = 0; i < tags.length; i++) {
      if (tokens.isCapitalized(i)) {
        int count = features(tokens, i, previous, words, features);
        tags[i] = best(features, count);
        previous = tags[i];
      } else {
        tags[i] = Tag.OTHER;
        boolean glue = tokens.is(i, Tokens.Kind.MARK) && "-'.".contains(tokens.text(i));
        previous = glue ? previous : Tag.OTHER;
      }
    }
    return tags;
  }

  private Tag best(int[] features, int count) {
    int other = 0;
    int name = 0;
    int place = 0;
    for (int f = 0; f < count; f++) {
      int at = features[f] * TAGS;
      other += weights[at];
      name += weights[at + 1];
      place += weights[at + 2];
    }
    if (name > other && name >= place) {
      return Tag.NAME;
    }
    return place > other ? Tag.PLACE : Tag.OTHER;
  }

  /**
   * The features of token {@code i}, as buckets.
   *
   * @param words what lists know of the words of the text
   * @param into takes them
   * @return how many there are
   */
  static int features(Tokens tokens, int i, Tag previous, KnownWords words, int[] into) {
    String word = tokens.lower(i);
    String left = tokens.lower(i - 1);
    String right = tokens.lower(i + 1);
    int known = words.bits(i);
    int knownLeft = words.bits(i - 1);
    int knownRight = words.bits(i + 1) + (tokens.isCapitalized(i + 1) ? 8 : 0);
    boolean starts = tokens.startsLine(i) || ".?!".contains(left);
    int place = (starts ? 1 : 0) + (tokens.isUpper(i) ? 2 : 0) + 4 * previous.index();
    String before = tokens.lower(i - 2);
    String after = tokens.lower(i + 2);
    int n = 0;
    into[n++] = bucket(1, word.hashCode(), 0);
    into[n++] = bucket(2, 0, known);
    into[n++] = bucket(3, 0, known + 8 * place);
    into[n++] = bucket(4, left.hashCode(), 0);
    into[n++] = bucket(5, right.hashCode(), 0);
    into[n++] = bucket(6, left.hashCode(), known);
    into[n++] = bucket(7, right.hashCode(), known);
    into[n++] = bucket(8, before.hashCode(), 0);
    into[n++] = bucket(9, after.hashCode(), 0);
    into[n++] = bucket(10, 0, known + 8 * knownLeft + 64 * place);
    into[n++] = bucket(11, 0, known + 8 * knownRight);
    into[n++] = bucket(12, 0, known + 8 * knownRight + 128 * knownLeft);
    into[n++] = bucket(13, suffixHash(word, 3), 0);
    into[n++] = bucket(14, suffixHash(word, 2), known);
    into[n++] = bucket(15, left.hashCode(), 4 + previous.index());
    into[n++] = bucket(16, pairHash(left, before), 0);
    into[n++] = bucket(17, pairHash(right, after), 0);
    into[n++] = bucket(18, pairHash(left, right), 0);
    into[n++] = bucket(19, before.hashCode(), known + 8 * previous.index());
    into[n++] = bucket(20, 0, Math.min(word.length(), 12));
    return n;
  }

  /** The hash of the last letters of a word, as {@link String#hashCode} has it. */
  private static int suffixHash(String word, int length) {
    int hash = 0;
    for (int i = Math.max(0, word.length() - length); i < word.length(); i++) {
      hash = 31 * hash + word.charAt(i);
    }
    return hash;
  }

  /** The hash of two words with a space between them. */
  private static int pairHash(String first, String second) {
    int hash = 31 * first.hashCode() + ' ';
    for (int i = 0; i < second.length(); i++) {
      hash = 31 * hash + second.charAt(i);
    }
    return hash;
  }

  private static int bucket(int kind, int text, int number) {
    int hash = kind * 0x9E3779B1 + number * 0x85EBCA6B + text * 0xC2B2AE35;
    hash ^= hash >>> 15;
    hash *= 0x2C1B3C6D;
    hash ^= hash >>> 13;
    return hash & (BUCKETS - 1);
  }
}
