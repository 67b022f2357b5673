package ai.kolm.engine;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Who shares computed prefixes. Requests of different scopes never use each other's keys and
 * values, whatever their tokens: neither can tell from its response time what the other asked (Song
 * et al. 2024, "The Early Bird Catches the Leak"). What they still share is the memory: a scope
 * that fills it displaces blocks of the others.
 *
 * <p>The model is not part of it: an {@link Engine} runs one model, and its blocks are that model's
 * memory.
 *
 * @param tenant whoever may know of each other's prompts, such as the id of an API key; given by
 *     whoever authenticates, never by a field of the request; empty for nobody in particular
 * @param adapter what changes the weights for this request: the digest of its content, never a name
 *     that may come to mean something else; empty for none
 */
public record CacheScope(String tenant, String adapter) {
  /** Of all requests that say nothing else. */
  public static final CacheScope COMMON = new CacheScope("", "");

  /** Checks for null. */
  public CacheScope {
    Objects.requireNonNull(tenant);
    Objects.requireNonNull(adapter);
  }

  // As a record has it, but there when a process starts: the JVM makes that of a record when asked.
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof CacheScope scope
        && tenant.equals(scope.tenant)
        && adapter.equals(scope.adapter);
  }

  @Override
  public int hashCode() {
    return 31 * tenant.hashCode() + adapter.hashCode();
  }

  /** The scope of a tenant, without an adapter. */
  public static CacheScope of(String tenant) {
    return new CacheScope(tenant, "");
  }
}
