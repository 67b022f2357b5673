package ai.kolm.server;

import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** What is on a shelf; remembers what it has looked at. Safe for use by many threads. */
final class LibraryCatalog {
  private static final System.Logger LOG = System.getLogger("ai.kolm.server");

  private record Described(FileStamp stamp, List<ModelEntry> entries) {
    Described {
      entries = List.copyOf(entries);
    }
  }

  private final ModelShelf shelf;
  private final Map<Path, Described> descriptions = new ConcurrentHashMap<>();

  LibraryCatalog(ModelShelf shelf) {
    this.shelf = shelf;
  }

  /** All that may be served. */
  List<ModelEntry> list() {
    List<ModelEntry> all = new ArrayList<>();
    for (Map.Entry<String, Path> file : files().entrySet()) {
      try {
        all.addAll(describe(file.getValue()));
      } catch (IOException | ModelFormatException e) {
        LOG.log(Level.DEBUG, "not listed: {0}: {1}", file.getKey(), e.getMessage());
      }
    }
    return all;
  }

  /** Where a model is. */
  Optional<Path> file(ModelName wanted) {
    Map<String, Path> files = files();
    Path file = files.get(wanted.id());
    return Optional.ofNullable(file != null ? file : files.get(wanted.fullId()));
  }

  /** The entry of a model in {@code file}; empty if it has no such adapter. */
  Optional<ModelEntry> entry(Path file, ModelName wanted) throws IOException, ModelFormatException {
    String id = String.valueOf(file.getFileName());
    String full = wanted.adapter().map(adapter -> id + ":" + adapter).orElse(id);
    return describe(file).stream().filter(entry -> entry.id().equals(full)).findFirst();
  }

  private Map<String, Path> files() {
    Map<String, Path> files = new LinkedHashMap<>();
    try {
      shelf.files().forEach(file -> files.putIfAbsent(String.valueOf(file.getFileName()), file));
    } catch (IOException e) {
      LOG.log(Level.WARNING, "cannot list the models: {0}", e.getMessage());
    }
    return files;
  }

  private List<ModelEntry> describe(Path file) throws IOException, ModelFormatException {
    FileStamp stamp = FileStamp.of(file);
    Described known = descriptions.get(file);
    if (known == null || !known.stamp().equals(stamp)) {
      known = new Described(stamp, shelf.describe(file));
      descriptions.put(file, known);
    }
    return known.entries();
  }
}
