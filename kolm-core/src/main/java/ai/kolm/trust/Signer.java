package ai.kolm.trust;

import java.util.Locale;
import java.util.Optional;

/**
 * Who signed a statement, as far as it was found out.
 *
 * @param keyId of the key
 * @param name of a trusted key, for people
 * @param status what the signature is worth
 */
public record Signer(String keyId, Optional<String> name, Status status) {

  /** What a signature is worth. */
  public enum Status {
    /** Correct, by a key of the trust store. */
    TRUSTED,
    /** Correct, by a key that the trust store does not have for this use. */
    UNKNOWN,
    /** Correct, by a key that is revoked. */
    REVOKED,
    /** Correct, by a trusted key outside its window. */
    EXPIRED,
    /** Not a signature of the statement by the key. */
    INVALID;

    /** The status as reports name it. */
    public String id() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
