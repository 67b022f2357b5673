package ai.kolm.source;

import ai.kolm.artifact.Artifact;
import ai.kolm.artifact.ArtifactException;
import ai.kolm.artifact.Manifest;
import ai.kolm.json.JsonObject;
import ai.kolm.trust.ArtifactGate;
import ai.kolm.trust.TrustedArtifact;
import ai.kolm.trust.VerificationReport.Verdict;
import ai.kolm.weights.ModelFormatException;
import ai.kolm.weights.WeightFile;
import ai.kolm.weights.Weights;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The files of one model, opened: what is needed to run it, wherever it came from.
 *
 * <pre>{@code
 * try (ModelFiles files = ModelFiles.open(Path.of("qwen2.5-0.5b-q8_0.gguf"))) {
 *   int[] ids = files.text().tokenizer().encode("Hello", SpecialTokens.LITERAL);
 * }
 * }</pre>
 *
 * <p>The weights are mapped, not read: they are valid until this is closed. Immutable; safe for use
 * by many threads.
 */
public final class ModelFiles implements AutoCloseable {
  private static final int GGUF_MAGIC = 0x46554747;
  private static final int ZIP_MAGIC = 0x04034b50;

  private final String id;
  private final long created;
  private final Parts parts;
  private final Optional<TrustedArtifact> artifact;
  private final Runnable release;
  private final Optional<OpenArtifacts> mapped;

  /**
   * What an opener finds.
   *
   * @param weights the tensors
   * @param config {@code config.json}, where the weights do not carry their own
   * @param text tokenizer and template, perhaps still being read
   * @param recommended how to sample unless a caller says otherwise
   * @param adapters that can be applied to it
   * @param content the files that make up the model
   */
  record Parts(
      WeightFile weights,
      Optional<JsonObject> config,
      PendingText text,
      Manifest.Defaults recommended,
      List<LoraAdapter> adapters,
      List<ContentFile> content) {
    Parts {
      adapters = List.copyOf(adapters);
      content = List.copyOf(content);
    }
  }

  private ModelFiles(
      String id,
      long created,
      Parts parts,
      Optional<TrustedArtifact> artifact,
      Runnable release,
      Optional<OpenArtifacts> mapped) {
    this.id = id;
    this.created = created;
    this.parts = parts;
    this.artifact = artifact;
    this.release = release;
    this.mapped = mapped;
  }

  /** Opens a model as {@link #open(Path, ArtifactGate)} with {@link ArtifactGate#OPEN}. */
  public static ModelFiles open(Path path) throws IOException, ModelFormatException {
    return open(path, ArtifactGate.OPEN);
  }

  /**
   * Opens a model. Of an artifact, the signatures and every entry that can influence an answer are
   * verified first.
   *
   * @param path an artifact; or a GGUF file, the first of several; or a Hugging Face directory with
   *     config.json, safetensors and tokenizer.json
   * @param gate which artifacts are accepted; files that are none do not pass it
   * @throws ModelFormatException if there is no such model in it, or it is damaged or unsupported;
   *     the cause is an {@link ArtifactException} if an artifact is refused
   * @throws NoSuchFileException if there is nothing at {@code path}
   * @throws IOException if a file cannot be read
   */
  public static ModelFiles open(Path path, ArtifactGate gate)
      throws IOException, ModelFormatException {
    return open(path, gate, List.of());
  }

  /**
   * Opens a model, as {@link #open(Path, ArtifactGate)}.
   *
   * @param shelves directories where the base of an artifact that has only adapters is looked for,
   *     after its own
   */
  public static ModelFiles open(Path path, ArtifactGate gate, List<Path> shelves)
      throws IOException, ModelFormatException {
    return openWhileVerifying(path, gate, shelves).verified();
  }

  /**
   * Opens a model as {@link #open(Path, ArtifactGate, List)}, but the entries of an artifact are
   * hashed while they are used: a tensor is verified when {@link Weights#get} returns it, tokenizer
   * and template, which are read meanwhile, when {@link #text} does. Who takes this must not give
   * away anything that was computed before {@link #awaitVerified} has returned, and must not touch
   * the data of {@link WeightFile#tensors}.
   */
  public static ModelFiles openWhileVerifying(Path path, ArtifactGate gate, List<Path> shelves)
      throws IOException, ModelFormatException {
    if (!Files.exists(path)) {
      throw new NoSuchFileException(path.toString());
    }
    String id = String.valueOf(path.toAbsolutePath().normalize().getFileName());
    if (Files.isDirectory(path)) {
      return openFiles(path, id, HuggingFaceDirectory::open);
    }
    int magic = magic(path);
    return switch (magic) {
      case ZIP_MAGIC -> openArtifact(path, id, gate, shelves);
      case GGUF_MAGIC -> openFiles(path, id, GgufModel::open);
      default ->
          throw new ModelFormatException(
              id,
              "expected an artifact, a GGUF file or a Hugging Face directory, got a file that"
                  + " starts with %08x".formatted(Integer.reverseBytes(magic)));
    };
  }

  /** Reads a model whose files it maps into an arena. */
  private interface Opener {
    Parts open(Path path, Arena arena) throws IOException, ModelFormatException;
  }

  @SuppressWarnings("MustBeClosedChecker") // closed with the files
  private static ModelFiles openFiles(Path path, String id, Opener opener)
      throws IOException, ModelFormatException {
    long created = Files.getLastModifiedTime(path).toInstant().getEpochSecond();
    Arena arena = Arena.ofShared();
    boolean opened = false;
    try {
      Parts parts = opener.open(path, arena);
      ModelFiles files =
          new ModelFiles(id, created, parts, Optional.empty(), arena::close, Optional.empty());
      opened = true;
      return files;
    } finally {
      if (!opened) {
        arena.close();
      }
    }
  }

  @SuppressWarnings("MustBeClosedChecker") // closed with the files
  private static ModelFiles openArtifact(
      Path path, String id, ArtifactGate gate, List<Path> shelves)
      throws IOException, ModelFormatException {
    List<Path> directories = new ArrayList<>();
    Optional.ofNullable(path.toAbsolutePath().getParent()).ifPresent(directories::add);
    directories.addAll(shelves);
    OpenArtifacts mapped = new OpenArtifacts(id);
    boolean opened = false;
    try {
      TrustedArtifact trusted = gate.open(path);
      mapped.add(trusted.artifact());
      Parts parts =
          ArtifactModel.open(trusted.artifact(), new BaseArtifacts(gate, directories), mapped);
      long created = trusted.artifact().manifest().created();
      Optional<TrustedArtifact> own = Optional.of(trusted);
      ModelFiles files =
          new ModelFiles(id, created, parts, own, mapped::close, Optional.of(mapped));
      opened = true;
      return files;
    } catch (ArtifactException e) {
      throw new ModelFormatException(id, e);
    } finally {
      if (!opened) {
        mapped.close();
      }
    }
  }

  /** The first four bytes, little-endian; fewer count as zeros. */
  private static int magic(Path path) throws IOException {
    try (InputStream in = Files.newInputStream(path)) {
      byte[] start = new byte[Integer.BYTES];
      in.readNBytes(start, 0, start.length);
      return ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN).getInt();
    }
  }

  /** What clients call the model: the name of its file or directory. */
  public String id() {
    return id;
  }

  /** When the model was made, in epoch seconds. */
  public long created() {
    return created;
  }

  /** The tensors. */
  public WeightFile weights() {
    return parts.weights();
  }

  /** {@code config.json}; absent where the weights carry their own configuration. */
  public Optional<JsonObject> config() {
    return parts.config();
  }

  /**
   * Tokenizer and template. Waits for them where they are still being read.
   *
   * @throws IllegalStateException if they cannot be, as {@link #awaitVerified} says more politely;
   *     never once that has returned
   */
  public ModelText text() {
    try {
      return parts.text().await();
    } catch (ModelFormatException e) {
      throw new IllegalStateException(e);
    }
  }

  /** How the makers of the model recommend to sample from it. */
  public Manifest.Defaults recommended() {
    return parts.recommended();
  }

  /** Adapters that can be applied to the model. */
  public List<LoraAdapter> adapters() {
    return parts.adapters();
  }

  /**
   * These files with one adapter more, for example one that was just trained.
   *
   * @param adapter stays open as long as these files
   * @return shares everything else with these files; close one of the two
   */
  public ModelFiles withAdapter(LoraAdapter adapter) {
    List<LoraAdapter> adapters = new ArrayList<>(parts.adapters());
    adapters.add(adapter);
    Parts more =
        new Parts(
            parts.weights(),
            parts.config(),
            parts.text(),
            parts.recommended(),
            adapters,
            parts.content());
    return new ModelFiles(id, created, more, artifact, release, mapped);
  }

  /** The files of the artifacts that the model is made of: its own, and that of its base. */
  public List<Path> artifactFiles() {
    return mapped.map(OpenArtifacts::files).orElse(List.of());
  }

  /**
   * Waits until tokenizer and template are read, and every entry of an artifact that can influence
   * an answer is verified.
   *
   * @throws ModelFormatException if one is damaged, as when it is opened; or cannot be read
   */
  public void awaitVerified() throws ModelFormatException {
    ModelText ignored = parts.text().await();
    if (mapped.isPresent()) {
      mapped.get().finish();
    }
  }

  /**
   * This, when everything is verified; closed if something is not.
   *
   * @throws ModelFormatException as {@link #awaitVerified}
   */
  public ModelFiles verified() throws ModelFormatException {
    boolean verified = false;
    try {
      awaitVerified();
      verified = true;
      return this;
    } finally {
      if (!verified) {
        close();
      }
    }
  }

  /** The artifact that the model came in, if it did. */
  public Optional<Artifact> artifact() {
    return artifact.map(TrustedArtifact::artifact);
  }

  /** What that artifact is worth. */
  public Optional<Verdict> verdict() {
    return artifact.map(TrustedArtifact::verdict);
  }

  /** The files that make up the model, as entries of an artifact; empty if it came in one. */
  public List<ContentFile> content() {
    return parts.content();
  }

  /** Unmaps the weights; nothing that came from here may be used any more. */
  @Override
  public void close() {
    parts.text().end();
    release.run();
  }
}
