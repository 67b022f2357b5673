package ai.kolm.receipt;

import ai.kolm.receipt.ReceiptException.Code;
import ai.kolm.trust.TrustStore;
import ai.kolm.trust.TrustedKey;
import ai.kolm.trust.TrustedKey.Use;
import java.time.Instant;
import java.util.Optional;

/**
 * Verifies receipts against the keys of a trust store, offline. The header of a receipt only names
 * the key; what it may be verified with is fixed. Immutable.
 */
public final class ReceiptVerifier {
  private final TrustStore store;

  /**
   * @param store who is trusted to sign receipts
   */
  public ReceiptVerifier(TrustStore store) {
    this.store = store;
  }

  /**
   * Verifies a receipt.
   *
   * @throws ReceiptException if it is refused
   */
  public Receipt verify(String text) throws ReceiptException {
    Receipt receipt = verifySignature(text);
    if (store.revocation(receipt.keyId()).isPresent()) {
      throw new ReceiptException(Code.KEY_REVOKED, "key %s".formatted(receipt.keyId()));
    }
    return receipt;
  }

  /** As {@link #verify}, but a revoked key counts: in a log, a later receipt may vouch for it. */
  Receipt verifySignature(String text) throws ReceiptException {
    Jws jws = Jws.parse(text);
    TrustedKey key = key(verifySignature(jws));
    Receipt receipt = Receipt.of(text, jws);
    Instant issued = Instant.ofEpochSecond(receipt.number("iat").orElse(0));
    if (!key.isValidAt(issued)) {
      throw new ReceiptException(
          Code.KEY_EXPIRED, "issued at %s, outside the window of the key".formatted(issued));
    }
    return receipt;
  }

  /** Verifies what a trusted key has signed, whatever it says. */
  Jws verifySignature(Jws jws) throws ReceiptException {
    if (!key(jws).key().verify(jws.signingInput(), jws.signature())) {
      throw new ReceiptException(
          Code.SIGNATURE_INVALID, "no signature by key %s".formatted(jws.keyId()));
    }
    return jws;
  }

  private TrustedKey key(Jws jws) throws ReceiptException {
    return store
        .find(jws.keyId())
        .filter(known -> known.isFor(Use.RECEIPT))
        .orElseThrow(
            () ->
                new ReceiptException(
                    Code.SIGNER_UNKNOWN, "key %s is not trusted".formatted(jws.keyId())));
  }

  boolean isRevoked(Receipt receipt) {
    return store.revocation(receipt.keyId()).isPresent();
  }

  /**
   * Checks that a receipt is of this request.
   *
   * @param nonce that was sent with it, if any
   */
  public static void checkRequest(Receipt receipt, byte[] body, Optional<ReceiptNonce> nonce)
      throws ReceiptException {
    check(receipt, "nonce", nonce.map(ReceiptNonce::digest).orElse(""), Code.LINK_MISMATCH);
    check(receipt, "req", new ReceiptHash(nonce).add(body).text(), Code.REQUEST_MISMATCH);
  }

  /** Checks that a receipt is of this response: the body of a plain answer. */
  public static void checkResponse(Receipt receipt, byte[] body, Optional<ReceiptNonce> nonce)
      throws ReceiptException {
    check(receipt, "res", new ReceiptHash(nonce).add(body).text(), Code.RESPONSE_MISMATCH);
  }

  /** Checks that a receipt is of an answer by this artifact. */
  public static void checkArtifact(Receipt receipt, String cid) throws ReceiptException {
    check(receipt, "cid", cid, Code.ARTIFACT_MISMATCH);
  }

  /** Checks that a final receipt belongs to this open one. */
  public static void checkOpen(Receipt last, Receipt open) throws ReceiptException {
    check(last, "open", ReceiptHash.plain(open.jws()), Code.LINK_MISMATCH);
    check(last, "id", open.id(), Code.LINK_MISMATCH);
  }

  private static void check(Receipt receipt, String field, String expected, Code code)
      throws ReceiptException {
    String actual = receipt.text(field).orElse("");
    if (!actual.equals(expected)) {
      throw new ReceiptException(
          code,
          "field %s: the receipt says %s, it is %s"
              .formatted(field, actual.isEmpty() ? "nothing" : actual, expected));
    }
  }
}
