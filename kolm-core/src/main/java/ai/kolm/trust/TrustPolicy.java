package ai.kolm.trust;

import java.util.Locale;

/**
 * Which artifacts are accepted. A policy relaxes presence and identity, never correctness: a
 * signature that is there and wrong refuses the artifact under each of them.
 */
public enum TrustPolicy {
  /** Signed by a trusted key that is not revoked, within its window. */
  TRUSTED_KEYS,
  /** Signed by any key that is not revoked. */
  REQUIRE_SIGNATURE,
  /** Also what is not signed at all. */
  UNSIGNED_OK;

  /** The policy as settings name it: {@code trusted-keys}, ... */
  public String id() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
