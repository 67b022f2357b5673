package ai.kolm.server;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A model that a {@link ModelLibrary} has opened.
 *
 * @param model answers requests that name no adapter
 * @param adapters answer requests that name one, by its name
 * @param files that it runs on, besides its own: a base that it shares
 * @param bytes of memory that it may take
 * @param close closes it, with its adapters
 */
public record OpenModel(
    ServedModel model,
    Map<String, ServedModel> adapters,
    List<Path> files,
    long bytes,
    Runnable close) {
  /** Copies the collections. */
  public OpenModel {
    Objects.requireNonNull(model);
    adapters = Map.copyOf(adapters);
    files = List.copyOf(files);
    Objects.requireNonNull(close);
  }
}
