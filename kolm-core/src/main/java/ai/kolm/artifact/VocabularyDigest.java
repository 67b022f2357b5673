package ai.kolm.artifact;

import ai.kolm.tokenizer.Vocabulary;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;

/**
 * The digest of a vocabulary: SHA-256 over, for each token id in order, the length of the token
 * (u32, little-endian) and its bytes. Two models with the same one can propose tokens to each
 * other.
 */
public final class VocabularyDigest {

  private VocabularyDigest() {}

  /** The digest as the manifest has it: {@code sha256:} and 64 hexadecimal digits. */
  public static String of(Vocabulary vocabulary) {
    MessageDigest digest = Sha256.start();
    ByteBuffer length = ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int id = 0; id < vocabulary.size(); id++) {
      byte[] token = vocabulary.bytes(id);
      digest.update(length.clear().putInt(token.length).array());
      digest.update(token);
    }
    return EntryDigest.PLAIN + Sha256.hex(digest.digest());
  }
}
