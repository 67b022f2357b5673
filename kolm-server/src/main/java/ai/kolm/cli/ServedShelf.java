package ai.kolm.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.artifact.Adapter;
import ai.kolm.artifact.Artifact;
import ai.kolm.chat.ChatCompletions;
import ai.kolm.chat.RunOptions;
import ai.kolm.engine.EngineException;
import ai.kolm.receipt.AnswerSource;
import ai.kolm.server.ModelEntry;
import ai.kolm.server.ModelShelf;
import ai.kolm.server.OpenModel;
import ai.kolm.server.ServedModel;
import ai.kolm.source.LoraAdapter;
import ai.kolm.source.ModelFiles;
import ai.kolm.trust.TrustedArtifact;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** What {@code kolm serve} serves: the models that were named, then the artifacts of the store. */
final class ServedShelf implements ModelShelf {
  private static final Logger LOG = System.getLogger("ai.kolm");

  /** Who starts a server for a request sends it at once. */
  private static final Duration WARM_UP_DELAY = Duration.ofMillis(500);

  private static final long LEAST_CACHE = 16L << 20;

  private final CommandContext context;
  private final TrustFlags trust;
  private final RunOptions options;
  private final List<Path> named;

  /**
   * @param context with its settings read
   */
  ServedShelf(CommandContext context, TrustFlags trust, RunOptions options, List<Path> named) {
    this.context = context;
    this.trust = trust;
    this.options = options;
    this.named = List.copyOf(named);
  }

  @Override
  public List<Path> files() throws IOException {
    List<Path> files = new ArrayList<>(named);
    files.addAll(new ArtifactStore(context.home()).list());
    return files;
  }

  @Override
  public List<ModelEntry> describe(Path file) throws IOException, ModelFormatException {
    String id = String.valueOf(file.toAbsolutePath().normalize().getFileName());
    if (!id.endsWith(ArtifactStore.SUFFIX)) {
      long created = Files.getLastModifiedTime(file).toInstant().getEpochSecond();
      return List.of(new ModelEntry(id, created, Optional.empty()));
    }
    try (TrustedArtifact opened = trust.look(context, file)) {
      Artifact artifact = opened.artifact();
      if (artifact.manifest().onlyEmbeds()) {
        throw new ModelFormatException(id, "it makes vectors and cannot chat");
      }
      Optional<String> cid = Optional.of(artifact.cid().text());
      long created = artifact.manifest().created();
      boolean ready = opened.productionReady();
      List<ModelEntry> entries = new ArrayList<>(List.of(new ModelEntry(id, created, cid, ready)));
      artifact.manifest().adapters().stream()
          .filter(adapter -> adapter.target() == Adapter.Target.MODEL)
          .forEach(a -> entries.add(new ModelEntry(id + ":" + a.name(), created, cid)));
      return entries;
    }
  }

  @Override
  public OpenModel open(Path file, long bytes) throws IOException, ModelFormatException {
    ModelFiles files = trust.openWhileVerifying(context, file);
    long cache = Math.max(LEAST_CACHE, bytes - Files.size(file));
    ChatCompletions chat =
        ModelOpener.chat(files, options.withCacheBytes(Math.min(options.cacheBytes(), cache)));
    boolean opened = false;
    try {
      OpenModel model = opened(file, files, chat);
      Thread.ofVirtual().start(() -> warmUp(chat));
      opened = true;
      return model;
    } finally {
      if (!opened) {
        chat.close();
      }
    }
  }

  private static OpenModel opened(Path file, ModelFiles files, ChatCompletions chat)
      throws IOException {
    ServedModel bare = served(files, chat);
    Map<String, ServedModel> adapters = new HashMap<>();
    ServedModel model = bare;
    for (LoraAdapter adapter : files.adapters()) {
      ServedModel one = adapted(bare, adapter.name(), bare.id() + ":" + adapter.name());
      adapters.put(adapter.name(), one);
      if (adapter.byDefault()) {
        model = adapted(bare, adapter.name(), bare.id());
      }
    }
    List<Path> others = files.artifactFiles().stream().filter(one -> !one.equals(file)).toList();
    long bytes = chat.engine().memoryBytes();
    return new OpenModel(model, adapters, others, bytes, chat::close);
  }

  private static ServedModel adapted(ServedModel bare, String adapter, String id) {
    return new ServedModel(
        id,
        bare.created(),
        bare.chat().withAdapter(adapter),
        bare.fingerprint(),
        bare.source().map(source -> source.withAdapter(adapter)));
  }

  private static ServedModel served(ModelFiles files, ChatCompletions chat) throws IOException {
    String fingerprint = fingerprint(files);
    AnswerSource source = ServerReceipts.source(files, chat.engine(), fingerprint);
    return new ServedModel(files.id(), files.created(), chat, fingerprint, Optional.of(source));
  }

  /** What clients compare to see that answers may have changed: model and version of kolm. */
  static String fingerprint(ModelFiles files) {
    String content =
        files
            .artifact()
            .map(artifact -> artifact.cid().text())
            .orElseGet(() -> files.id() + " " + files.created());
    String version = String.valueOf(Main.class.getPackage().getImplementationVersion());
    byte[] text = (content + "\n" + version).getBytes(UTF_8);
    return "fp_" + UUID.nameUUIDFromBytes(text).toString().replace("-", "").substring(0, 10);
  }

  /** A client that does not come at once shall not wait for the compiler. */
  private static void warmUp(ChatCompletions chat) {
    try {
      Thread.sleep(WARM_UP_DELAY);
      chat.engine().warmUp();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (EngineException e) {
      LOG.log(Level.DEBUG, "no warm-up: {0}", e.getClass().getSimpleName());
    }
  }
}
