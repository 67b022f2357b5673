package ai.kolm.training;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * What to learn from.
 *
 * @param train at least one
 * @param dev chooses the best step; may be empty, then the last step is the result
 */
public record TrainingData(List<TrainingExample> train, List<TrainingExample> dev) {

  /**
   * Copies the lists.
   *
   * @throws IllegalArgumentException if there is nothing to train with
   */
  public TrainingData {
    train = List.copyOf(train);
    dev = List.copyOf(dev);
    if (train.isEmpty()) {
      throw new IllegalArgumentException("there are no examples to train with");
    }
  }

  /** SHA-256 of all tokens and flags, in hexadecimal. */
  public String digest() {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      for (List<TrainingExample> part : List.of(train, dev)) {
        sha.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, part.size()));
        for (TrainingExample example : part) {
          add(sha, example);
        }
      }
      return HexFormat.of().formatHex(sha.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void add(MessageDigest sha, TrainingExample example) {
    ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES * (example.length() + 1));
    bytes.putInt(example.length());
    for (int i = 0; i < example.length(); i++) {
      bytes.putInt((example.tokens()[i] << 1) | (example.learned()[i] ? 1 : 0));
    }
    sha.update(bytes.flip());
  }

  /** Tokens of the longest example. */
  int longest() {
    int longest = 0;
    for (TrainingExample example : train) {
      longest = Math.max(longest, example.length());
    }
    for (TrainingExample example : dev) {
      longest = Math.max(longest, example.length());
    }
    return longest;
  }
}
