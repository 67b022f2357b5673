package ai.kolm.trust;

import ai.kolm.json.Json;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * A key of the trust store.
 *
 * @param key the whole key: an id is never enough
 * @param terms for what and when it is trusted
 */
public record TrustedKey(VerifyingKey key, Terms terms) {
  /** What clocks may differ by. */
  private static final long SKEW_SECONDS = Duration.ofMinutes(5).toSeconds();

  /** What a key is trusted to sign. */
  public enum Use {
    /** Artifacts. */
    ARTIFACT,
    /** Results of evaluations. */
    EVAL,
    /** Receipts of answers. */
    RECEIPT;

    /** The use as files name it. */
    public String id() {
      return name().toLowerCase(Locale.ROOT);
    }

    Json json() {
      return new Json.Str(id());
    }
  }

  /**
   * For what and when a key is trusted.
   *
   * @param name for people
   * @param notBefore from when on, in epoch seconds; absent: always
   * @param notAfter until when, in epoch seconds; absent: for ever
   * @param uses what it may sign; not empty
   * @param firstUse whether it was recorded because it was the first one seen
   */
  public record Terms(
      Optional<String> name,
      OptionalLong notBefore,
      OptionalLong notAfter,
      Set<Use> uses,
      boolean firstUse) {

    /** Everything, for ever. */
    public static final Terms ALL =
        new Terms(
            Optional.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            EnumSet.allOf(Use.class),
            false);

    /** Those of this machine's own key. */
    public static final Terms OWN = ALL.withName("this machine");

    /** Checks that there is a use and that the window is not empty. */
    public Terms {
      uses = Set.copyOf(uses);
      if (uses.isEmpty()) {
        throw new IllegalArgumentException("a trusted key needs at least one use");
      }
      if (notBefore.orElse(Long.MIN_VALUE) > notAfter.orElse(Long.MAX_VALUE)) {
        throw new IllegalArgumentException("not_before is after not_after");
      }
    }

    /** These terms under a name. */
    public Terms withName(String newName) {
      return new Terms(Optional.of(newName), notBefore, notAfter, uses, firstUse);
    }
  }

  /** Whether the key may sign for {@code use}. */
  public boolean isFor(Use use) {
    return terms.uses().contains(use);
  }

  /** Whether {@code time} is in the key's window, give or take five minutes. */
  public boolean isValidAt(Instant time) {
    long seconds = time.getEpochSecond();
    return seconds >= terms.notBefore().orElse(Long.MIN_VALUE + SKEW_SECONDS) - SKEW_SECONDS
        && seconds <= terms.notAfter().orElse(Long.MAX_VALUE - SKEW_SECONDS) + SKEW_SECONDS;
  }
}
