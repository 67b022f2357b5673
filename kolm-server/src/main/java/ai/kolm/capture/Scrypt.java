package ai.kolm.capture;

import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;

/**
 * scrypt (RFC 7914) with blocks of 1 KiB (r = 8) and one lane (p = 1): a key out of a passphrase,
 * at the price of time and of {@code N} KiB of memory for whoever tries passphrases.
 */
final class Scrypt {
  private static final int WORDS = 256; // of a block: 128 * r bytes
  private static final int SALSA = 16; // words of a salsa block
  private static final int DOUBLE_ROUNDS = 4;

  /** Pairs of rounds touch these words: column, then row (RFC 7914, section 3). */
  private static final int[][] QUARTERS = {
    {0, 4, 8, 12}, {5, 9, 13, 1}, {10, 14, 2, 6}, {15, 3, 7, 11},
    {0, 1, 2, 3}, {5, 6, 7, 4}, {10, 11, 8, 9}, {15, 12, 13, 14}
  };

  private Scrypt() {}

  /**
   * The key.
   *
   * @param log2N how much memory: 2 to the power of this, in KiB
   * @param bytes of the key
   */
  static byte[] derive(char[] passphrase, byte[] salt, int log2N, int bytes) {
    byte[] start = pbkdf2(passphrase, salt, WORDS * Integer.BYTES);
    int[] block = new int[WORDS];
    for (int i = 0; i < WORDS; i++) {
      block[i] = little(start, i * Integer.BYTES);
    }
    mix(block, 1 << log2N);
    for (int i = 0; i < WORDS; i++) {
      for (int b = 0; b < Integer.BYTES; b++) {
        start[i * Integer.BYTES + b] = (byte) (block[i] >>> (8 * b));
      }
    }
    return pbkdf2(passphrase, start, bytes);
  }

  private static byte[] pbkdf2(char[] passphrase, byte[] salt, int bytes) {
    try {
      PBEKeySpec spec = new PBEKeySpec(passphrase, salt, 1, bytes * Byte.SIZE);
      return SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256").generateSecret(spec).getEncoded();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has PBKDF2 with SHA-256", e);
    }
  }

  private static int little(byte[] bytes, int at) {
    return (bytes[at] & 0xFF)
        | (bytes[at + 1] & 0xFF) << 8
        | (bytes[at + 2] & 0xFF) << 16
        | (bytes[at + 3] & 0xFF) << 24;
  }

  /** ROMix: every state is kept, then read again in an order that the states decide. */
  private static void mix(int[] block, int states) {
    int[][] kept = new int[states][];
    for (int i = 0; i < states; i++) {
      kept[i] = block.clone();
      mixBlock(block);
    }
    for (int i = 0; i < states; i++) {
      int[] other = kept[block[WORDS - SALSA] & (states - 1)];
      for (int word = 0; word < WORDS; word++) {
        block[word] ^= other[word];
      }
      mixBlock(block);
    }
  }

  /** BlockMix: chains the parts of a block, and puts those of even number first. */
  private static void mixBlock(int[] block) {
    int[] chain = Arrays.copyOfRange(block, WORDS - SALSA, WORDS);
    int[] mixed = new int[WORDS];
    int parts = WORDS / SALSA;
    for (int part = 0; part < parts; part++) {
      for (int i = 0; i < SALSA; i++) {
        chain[i] ^= block[part * SALSA + i];
      }
      salsa(chain);
      int to = part / 2 + (part % 2) * (parts / 2);
      System.arraycopy(chain, 0, mixed, to * SALSA, SALSA);
    }
    System.arraycopy(mixed, 0, block, 0, WORDS);
  }

  /** Salsa20/8. */
  private static void salsa(int[] words) {
    int[] x = words.clone();
    for (int round = 0; round < DOUBLE_ROUNDS; round++) {
      for (int[] q : QUARTERS) {
        x[q[1]] ^= Integer.rotateLeft(x[q[0]] + x[q[3]], 7);
        x[q[2]] ^= Integer.rotateLeft(x[q[1]] + x[q[0]], 9);
        x[q[3]] ^= Integer.rotateLeft(x[q[2]] + x[q[1]], 13);
        x[q[0]] ^= Integer.rotateLeft(x[q[3]] + x[q[2]], 18);
      }
    }
    for (int i = 0; i < SALSA; i++) {
      words[i] += x[i];
    }
  }
}
