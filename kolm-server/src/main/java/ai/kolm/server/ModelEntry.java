package ai.kolm.server;

import java.util.Objects;
import java.util.Optional;

/**
 * A model in the list of those that can be asked.
 *
 * @param id its name in requests; of an adapter {@code <id>:<adapter>}
 * @param created Unix time in seconds
 * @param cid of its artifact, if it is one
 */
public record ModelEntry(String id, long created, Optional<String> cid) {
  /** Checks for null. */
  public ModelEntry {
    Objects.requireNonNull(id);
    Objects.requireNonNull(cid);
  }
}
