package ai.kolm.server;

import java.util.Objects;
import java.util.Optional;

/**
 * A model in the list of those that can be asked.
 *
 * @param id its name in requests; of an adapter {@code <id>:<adapter>}
 * @param created Unix time in seconds
 * @param cid of its artifact, if it is one
 * @param productionReady whether a trusted evaluation of this artifact says that it passed
 */
public record ModelEntry(String id, long created, Optional<String> cid, boolean productionReady) {
  /** A model without an evaluation. */
  public ModelEntry(String id, long created, Optional<String> cid) {
    this(id, created, cid, false);
  }

  /** Checks for null. */
  public ModelEntry {
    Objects.requireNonNull(id);
    Objects.requireNonNull(cid);
  }
}
