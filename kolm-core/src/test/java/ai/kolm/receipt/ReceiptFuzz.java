package ai.kolm.receipt;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import ai.kolm.trust.SigningKey;
import ai.kolm.trust.TrustStore;
import ai.kolm.trust.TrustedKey;
import java.util.List;

/**
 * Bytes as a receipt, as a line of the log, and as what a receipt says. Whatever they are, they are
 * read or refused with a typed exception, and nobody can sign without the key.
 */
public final class ReceiptFuzz {
  /** Nobody has signed anything with it, so that no input can be right. */
  private static final SigningKey KEY = SigningKey.generate();

  private static final ReceiptVerifier VERIFIER =
      new ReceiptVerifier(
          new TrustStore(
              List.of(new TrustedKey(KEY.publicKey(), TrustedKey.Terms.ALL)), List.of()));

  private ReceiptFuzz() {}

  /** What the fuzzer calls. */
  public static void fuzzerTestOneInput(byte[] input) {
    String text = new String(input, ISO_8859_1);
    try {
      VERIFIER.verify(text);
      throw new AssertionError("a receipt that nobody has signed");
    } catch (ReceiptException e) {
      reason(e);
    }
    LogLine.parse(text);
    payload(input);
  }

  /** Reads what a receipt says, as if its signature were right; null if it is refused. */
  static @org.jspecify.annotations.Nullable Receipt payload(byte[] input) {
    try {
      return Receipt.of("", new Jws("0".repeat(32), input, new byte[0], new byte[64]));
    } catch (ReceiptException e) {
      reason(e);
      return null;
    }
  }

  private static void reason(ReceiptException e) {
    if (e.getMessage() == null || e.code() == null) {
      throw new AssertionError("refused without a reason", e);
    }
  }
}
