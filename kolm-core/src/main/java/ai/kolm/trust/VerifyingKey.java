package ai.kolm.trust;

import ai.kolm.trust.TrustException.Code;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import org.bouncycastle.math.ec.rfc8032.Ed25519;

/**
 * A public key of Ed25519 (RFC 8032), the only algorithm there is.
 *
 * <p>Keys of small order are refused: for those there are signatures that fit every message. So are
 * keys whose encoding is not the canonical one, and signatures whose second half is not below the
 * order of the group, so that one signature has one encoding. Bouncy Castle's arithmetic does that;
 * the JDK's accepts keys of small order.
 *
 * <p>Immutable.
 */
public final class VerifyingKey {
  /** Length of a key in bytes. */
  public static final int BYTES = Ed25519.PUBLIC_KEY_SIZE;

  /** Length of a signature in bytes. */
  public static final int SIGNATURE_BYTES = Ed25519.SIGNATURE_SIZE;

  private static final String LABEL = "PUBLIC KEY";
  private static final int ID_DIGITS = 32;

  /** A SubjectPublicKeyInfo (RFC 8410) up to the key. */
  private static final byte[] SPKI = HexFormat.of().parseHex("302a300506032b6570032100");

  private final byte[] raw;
  private final byte[] spki;
  private final String id;

  private VerifyingKey(byte[] raw) {
    this.raw = raw;
    spki = Arrays.copyOf(SPKI, SPKI.length + BYTES);
    System.arraycopy(raw, 0, spki, SPKI.length, BYTES);
    id = HexFormat.of().formatHex(sha256(spki)).substring(0, ID_DIGITS);
  }

  /**
   * A key of its 32 bytes.
   *
   * @throws TrustException {@code key_invalid}
   */
  public static VerifyingKey of(byte[] raw) throws TrustException {
    if (raw.length != BYTES || !Ed25519.validatePublicKeyFull(raw, 0)) {
      throw new TrustException(
          Code.KEY_INVALID,
          "not a public key of Ed25519, or one of small order: "
              + HexFormat.of().formatHex(raw, 0, Math.min(raw.length, BYTES)));
    }
    return new VerifyingKey(raw.clone());
  }

  /** The key that belongs to a private one, which needs no check. */
  static VerifyingKey ofSeed(byte[] seed) {
    byte[] raw = new byte[BYTES];
    Ed25519.generatePublicKey(seed, 0, raw, 0);
    return new VerifyingKey(raw);
  }

  /**
   * A key in a SubjectPublicKeyInfo, DER.
   *
   * @throws TrustException {@code key_invalid}
   */
  public static VerifyingKey ofSpki(byte[] der) throws TrustException {
    boolean prefix = der.length == SPKI.length + BYTES && Arrays.mismatch(SPKI, der) == SPKI.length;
    if (!prefix) {
      throw new TrustException(
          Code.KEY_INVALID, "not the SubjectPublicKeyInfo of an Ed25519 key (RFC 8410)");
    }
    return of(Arrays.copyOfRange(der, SPKI.length, der.length));
  }

  /**
   * A key in PEM.
   *
   * @param what is being read, for the message
   * @throws TrustException {@code key_invalid}
   */
  public static VerifyingKey ofPem(String pem, String what) throws TrustException {
    return ofSpki(Pem.read(LABEL, pem, what));
  }

  /** Names the key: the first 32 hexadecimal digits of the SHA-256 of its DER. A hint, no proof. */
  public String id() {
    return id;
  }

  /** The 32 bytes. */
  public byte[] raw() {
    return raw.clone();
  }

  /** The SubjectPublicKeyInfo, DER. */
  public byte[] spki() {
    return spki.clone();
  }

  /** The SubjectPublicKeyInfo, PEM. */
  public String pem() {
    return Pem.write(LABEL, spki);
  }

  /** Whether {@code signature} is one of {@code message} by this key. */
  public boolean verify(byte[] message, byte[] signature) {
    return signature.length == SIGNATURE_BYTES
        && Ed25519.verify(signature, 0, raw, 0, message, 0, message.length);
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof VerifyingKey key && Arrays.equals(raw, key.raw);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(raw);
  }

  @Override
  public String toString() {
    return id;
  }
}
