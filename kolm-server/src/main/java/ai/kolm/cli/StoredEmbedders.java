package ai.kolm.cli;

import ai.kolm.artifact.Artifact;
import ai.kolm.artifact.Capability;
import ai.kolm.artifact.Manifest.Pair;
import ai.kolm.server.EmbedderShelf;
import ai.kolm.server.FileStamp;
import ai.kolm.server.ModelEntry;
import ai.kolm.server.ServedEmbedder;
import ai.kolm.trust.TrustedArtifact;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The artifacts that make vectors among the chat models that were named, and in the store. One is
 * loaded when a request first asks for it, and stays loaded until the server ends: what is in the
 * file later is not served.
 */
final class StoredEmbedders implements EmbedderShelf {
  private static final Logger LOG = System.getLogger("ai.kolm");

  /**
   * What a file was found to be, while it is this one.
   *
   * @param embedder its entry, if it makes vectors
   * @param pair its other half, if it names one that makes vectors for it
   */
  private record Looked(
      FileStamp stamp, Optional<ModelEntry> embedder, Optional<Pair.EmbeddedBy> pair) {}

  private final CommandContext context;
  private final TrustFlags trust;
  private final EmbedderOpener opener;
  private final List<Path> named;
  private final Map<Path, Looked> looked = new ConcurrentHashMap<>();
  private final Map<Path, ServedEmbedder> loaded = new ConcurrentHashMap<>();

  /**
   * @param context with its settings read
   * @param opener closes what is opened here
   * @param named the chat models that were named; whatever is in the store, these are meant
   */
  StoredEmbedders(
      CommandContext context, TrustFlags trust, EmbedderOpener opener, List<Path> named) {
    this.context = context;
    this.trust = trust;
    this.opener = opener;
    this.named = List.copyOf(named);
  }

  @Override
  public List<ModelEntry> list() {
    List<ModelEntry> all = new ArrayList<>();
    try {
      for (Path file : files()) {
        try {
          look(file).embedder().ifPresent(all::add);
        } catch (IOException | ModelFormatException e) {
          LOG.log(Level.DEBUG, "not listed: {0}: {1}", file.getFileName(), e.getMessage());
        }
      }
    } catch (IOException e) {
      LOG.log(Level.WARNING, "cannot list the models: {0}", e.getMessage());
    }
    return all;
  }

  /** Of those that are called the same, the one that was named. */
  private List<Path> files() throws IOException {
    Map<String, Path> files = new LinkedHashMap<>();
    named.stream()
        .filter(path -> path.toString().endsWith(ArtifactStore.SUFFIX))
        .forEach(path -> files.put(name(path), path));
    new ArtifactStore(context.home()).list().forEach(path -> files.putIfAbsent(name(path), path));
    return List.copyOf(files.values());
  }

  private static String name(Path file) {
    return String.valueOf(file.getFileName());
  }

  private Looked look(Path file) throws IOException, ModelFormatException {
    FileStamp stamp = FileStamp.of(file);
    Looked known = looked.get(file);
    if (known == null || !known.stamp().equals(stamp)) {
      known = lookInto(file, stamp);
      looked.put(file, known);
    }
    return known;
  }

  @Override
  public List<ServedEmbedder> loaded() {
    return List.copyOf(loaded.values());
  }

  private Looked lookInto(Path file, FileStamp stamp) throws IOException, ModelFormatException {
    try (TrustedArtifact opened = trust.look(context, file)) {
      Artifact artifact = opened.artifact();
      Optional<ModelEntry> embedder =
          Optional.of(artifact.manifest())
              .filter(manifest -> manifest.capabilities().contains(Capability.EMBEDDINGS))
              .map(
                  manifest ->
                      new ModelEntry(
                          name(file),
                          manifest.created(),
                          Optional.of(artifact.cid().text()),
                          opened.productionReady()));
      Optional<Pair.EmbeddedBy> pair =
          artifact
              .manifest()
              .pair()
              .flatMap(
                  one -> one instanceof Pair.EmbeddedBy by ? Optional.of(by) : Optional.empty());
      return new Looked(stamp, embedder, pair);
    }
  }

  @Override
  public Optional<ServedEmbedder> model(String name) throws IOException, ModelFormatException {
    Optional<Path> file = file(name);
    if (file.isEmpty()) {
      file = file(name + ArtifactStore.SUFFIX);
    }
    return file.isEmpty() ? Optional.empty() : load(file.get());
  }

  /** The file of that name; names come from requests, so they are only compared. */
  private Optional<Path> file(String name) throws IOException {
    return files().stream().filter(file -> name(file).equals(name)).findFirst();
  }

  /** The file of that name in the store. */
  private Optional<Path> stored(String name) throws IOException {
    return new ArtifactStore(context.home())
        .list().stream().filter(file -> name(file).equals(name)).findFirst();
  }

  private Optional<ServedEmbedder> load(Path file) throws IOException, ModelFormatException {
    ServedEmbedder known = loaded.get(file); // while another is being loaded, too
    return known != null ? Optional.of(known) : loadOnce(file);
  }

  private synchronized Optional<ServedEmbedder> loadOnce(Path file)
      throws IOException, ModelFormatException {
    ServedEmbedder known = loaded.get(file);
    if (known == null && look(file).embedder().isPresent()) {
      known = opener.openAsIs(file);
      loaded.put(file, known);
    }
    return Optional.ofNullable(known);
  }

  @Override
  public Optional<String> wanted(String chat) throws IOException, ModelFormatException {
    return pair(chat).map(pair -> pair.artifact().cid().text());
  }

  @Override
  public Optional<ServedEmbedder> beside(String chat) throws IOException, ModelFormatException {
    Optional<Path> file = chatFile(chat);
    if (file.isEmpty()) {
      return Optional.empty();
    }
    Optional<String> other = look(file.get()).pair().flatMap(pair -> pair.artifact().file());
    Optional<Path> half =
        other.isPresent() ? stored(other.get()) : EmbedderOpener.beside(file.get());
    return half.isEmpty() ? Optional.empty() : load(half.get());
  }

  private Optional<Pair.EmbeddedBy> pair(String chat) throws IOException, ModelFormatException {
    Optional<Path> file = chatFile(chat);
    return file.isEmpty() ? Optional.empty() : look(file.get()).pair();
  }

  /** A chat model of the store; what was named has had its other half since the start. */
  private Optional<Path> chatFile(String chat) throws IOException {
    boolean isNamed = named.stream().anyMatch(path -> name(path).equals(chat));
    return isNamed ? Optional.empty() : stored(chat);
  }
}
