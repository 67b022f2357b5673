package ai.kolm.trust;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Which keys are trusted and what is revoked, as it was when {@link TrustDirectory} read it.
 * Immutable.
 */
public final class TrustStore {
  /** Trusts nobody. */
  public static final TrustStore EMPTY = new TrustStore(List.of(), List.of());

  private static final Pattern KEY_ID = Pattern.compile("[0-9a-f]{32}");

  private final Map<String, TrustedKey> keys;
  private final Map<String, Revocation> revoked;

  /**
   * A store.
   *
   * @param keys that are trusted, each once
   * @param revoked what is not any more, even if it is among the keys
   */
  public TrustStore(Collection<TrustedKey> keys, Collection<Revocation> revoked) {
    this.keys =
        keys.stream()
            .collect(
                Collectors.toMap(
                    trusted -> trusted.key().id(),
                    Function.identity(),
                    (_, second) -> second,
                    TreeMap::new));
    this.revoked =
        revoked.stream()
            .collect(
                Collectors.toMap(
                    Revocation::subject, Function.identity(), (first, _) -> first, TreeMap::new));
  }

  static boolean isKeyId(String text) {
    return KEY_ID.matcher(text).matches();
  }

  /** All keys by id, those that are revoked included. */
  public List<TrustedKey> keys() {
    return List.copyOf(keys.values());
  }

  /** All that is revoked. */
  public List<Revocation> revoked() {
    return List.copyOf(revoked.values());
  }

  /** The trusted key of this id, revoked or not. */
  public Optional<TrustedKey> find(String keyId) {
    return Optional.ofNullable(keys.get(keyId));
  }

  /** Why a key, or an artifact by its CID, is revoked, if it is. */
  public Optional<Revocation> revocation(String subject) {
    return Optional.ofNullable(revoked.get(subject));
  }
}
