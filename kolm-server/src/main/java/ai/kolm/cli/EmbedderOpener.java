package ai.kolm.cli;

import ai.kolm.artifact.Manifest.Pair;
import ai.kolm.chat.RunOptions;
import ai.kolm.embedding.Embeddings;
import ai.kolm.receipt.AnswerSource;
import ai.kolm.server.ServedEmbedder;
import ai.kolm.server.ServedEmbedders;
import ai.kolm.source.ModelFiles;
import ai.kolm.trust.TrustedArtifact;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Opens the models that make vectors beside chat models: the one that is named, else each artifact
 * {@code X.embed.kolm} beside an {@code X.kolm}.
 */
final class EmbedderOpener implements AutoCloseable {
  private static final String EXTENSION = ".kolm";
  private static final String PAIRED = ".embed.kolm";

  private final CommandContext context;
  private final TrustFlags trust;
  private final RunOptions options;
  private final List<Embeddings> opened = new ArrayList<>();

  EmbedderOpener(CommandContext context, TrustFlags trust, RunOptions options) {
    this.context = context;
    this.trust = trust;
    this.options = options;
  }

  /**
   * @param chats where the chat models are that were named
   * @param named what to open, if that was said
   */
  synchronized ServedEmbedders open(List<Path> chats, Optional<String> named)
      throws IOException, ModelFormatException {
    Set<Path> paths = new LinkedHashSet<>();
    if (named.isPresent()) {
      paths.add(new ModelOpener(context).path(named.get()));
    } else {
      chats.forEach(chat -> beside(chat).ifPresent(paths::add));
    }
    List<ServedEmbedder> served = new ArrayList<>();
    for (Path path : paths) {
      served.add(open(path));
    }
    StoredEmbedders shelf = new StoredEmbedders(context, trust, this, chats);
    // Whom a chat model wants matters only where there is one.
    Map<String, String> pairs = served.isEmpty() ? Map.of() : pairs(chats);
    return new ServedEmbedders(served, pairs, shelf);
  }

  private ServedEmbedder open(Path path) throws IOException, ModelFormatException {
    return served(trust.open(context, path));
  }

  /**
   * Opens one more.
   *
   * @throws ModelFormatException also if it is an artifact that is refused
   */
  synchronized ServedEmbedder openAsIs(Path path) throws IOException, ModelFormatException {
    return served(trust.openAsIs(context, path));
  }

  private ServedEmbedder served(ModelFiles files) throws IOException, ModelFormatException {
    Optional<String> embedsFor =
        files
            .artifact()
            .flatMap(artifact -> artifact.manifest().pair())
            .flatMap(
                pair ->
                    pair instanceof Pair.EmbedsFor other
                        ? Optional.of(other.artifact().text())
                        : Optional.empty());
    Embeddings embeddings = Embeddings.of(files, options);
    opened.add(embeddings);
    String fingerprint = ServedShelf.fingerprint(files);
    AnswerSource source = ServerReceipts.source(files, embeddings, fingerprint);
    return new ServedEmbedder(
        files.id(), files.created(), embeddings, Optional.of(source), embedsFor);
  }

  /** The artifact that makes vectors for the one at {@code chat}, if there is one beside it. */
  static Optional<Path> beside(Path chat) {
    String name = String.valueOf(chat.getFileName());
    if (!name.endsWith(EXTENSION) || name.endsWith(PAIRED)) {
      return Optional.empty();
    }
    String stem = name.substring(0, name.length() - EXTENSION.length());
    return Optional.of(chat.resolveSibling(stem + PAIRED)).filter(Files::isRegularFile);
  }

  /** The artifacts that chat models want their vectors from, by the ids of the chat models. */
  private Map<String, String> pairs(List<Path> chats) throws IOException, ModelFormatException {
    Map<String, String> pairs = new HashMap<>();
    for (Path chat : chats) {
      String id = String.valueOf(chat.getFileName());
      if (!id.endsWith(EXTENSION)) {
        continue;
      }
      try (TrustedArtifact artifact = trust.look(context, chat)) {
        Optional<Pair> pair = artifact.artifact().manifest().pair();
        if (pair.isPresent() && pair.get() instanceof Pair.EmbeddedBy by) {
          pairs.put(id, by.artifact().cid().text());
        }
      }
    }
    return pairs;
  }

  /** Waits for what is being opened. */
  @Override
  public synchronized void close() {
    opened.forEach(Embeddings::close);
  }
}
