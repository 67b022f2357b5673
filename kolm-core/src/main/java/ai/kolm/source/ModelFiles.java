package ai.kolm.source;

import ai.kolm.json.JsonObject;
import ai.kolm.weights.ModelFormatException;
import ai.kolm.weights.WeightFile;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
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

  private final Arena arena;
  private final String id;
  private final long created;
  private final Parts parts;

  /**
   * What an opener finds.
   *
   * @param weights the tensors
   * @param config {@code config.json}, where the weights do not carry their own
   * @param text tokenizer and template
   * @param content the files that make up the model
   */
  record Parts(
      WeightFile weights, Optional<JsonObject> config, ModelText text, List<ContentFile> content) {
    Parts {
      content = List.copyOf(content);
    }
  }

  private ModelFiles(Arena arena, String id, long created, Parts parts) {
    this.arena = arena;
    this.id = id;
    this.created = created;
    this.parts = parts;
  }

  /**
   * Opens a model.
   *
   * @param path a GGUF file, the first of several; or a Hugging Face directory with config.json,
   *     safetensors and tokenizer.json
   * @throws ModelFormatException if there is no such model in it, or it is damaged or unsupported
   * @throws NoSuchFileException if there is nothing at {@code path}
   * @throws IOException if a file cannot be read
   */
  @SuppressWarnings("MustBeClosedChecker") // closed with the files
  public static ModelFiles open(Path path) throws IOException, ModelFormatException {
    if (!Files.exists(path)) {
      throw new NoSuchFileException(path.toString());
    }
    String id = String.valueOf(path.toAbsolutePath().normalize().getFileName());
    long created = Files.getLastModifiedTime(path).toInstant().getEpochSecond();
    Arena arena = Arena.ofShared();
    boolean opened = false;
    try {
      ModelFiles files = new ModelFiles(arena, id, created, parts(path, id, arena));
      opened = true;
      return files;
    } finally {
      if (!opened) {
        arena.close();
      }
    }
  }

  private static Parts parts(Path path, String id, Arena arena)
      throws IOException, ModelFormatException {
    if (Files.isDirectory(path)) {
      return HuggingFaceDirectory.open(path, arena);
    }
    int magic = magic(path);
    if (magic == GGUF_MAGIC) {
      return GgufModel.open(path, arena);
    }
    throw new ModelFormatException(
        id,
        "expected a GGUF file or a Hugging Face directory, got a file that starts with %08x"
            .formatted(Integer.reverseBytes(magic)));
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

  /** Tokenizer and template. */
  public ModelText text() {
    return parts.text();
  }

  /** The files that make up the model, as entries of an artifact. */
  public List<ContentFile> content() {
    return parts.content();
  }

  /** Unmaps the weights; nothing that came from here may be used any more. */
  @Override
  public void close() {
    arena.close();
  }
}
