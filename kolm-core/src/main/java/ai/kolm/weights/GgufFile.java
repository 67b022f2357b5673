package ai.kolm.weights;

import ai.kolm.tensor.Tensor;
import ai.kolm.weights.GgufReader.Description;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * A GGUF model, in one file or in parts: metadata and tensors. Versions 2 and 3 of the format,
 * little-endian.
 *
 * <pre>{@code
 * try (Arena arena = Arena.ofShared()) {
 *   GgufFile file = GgufFile.open(path, arena);
 *   long hidden = file.metadata().integer("llama.embedding_length");
 *   Tensor norm = file.weights().get("output_norm.weight", hidden);
 * }
 * }</pre>
 *
 * <p>Shapes are outermost first; the file has them the other way round.
 *
 * @see <a href="https://github.com/ggml-org/ggml/blob/master/docs/gguf.md">the specification</a>
 */
public final class GgufFile implements WeightFile {
  private final Description first;
  private final List<String> parts;
  private final TensorTable table;

  private GgufFile(List<Description> parts, WeightLimits limits, Arrival arrival)
      throws ModelFormatException {
    first = parts.getFirst();
    this.parts = parts.stream().map(Description::file).toList();
    table = GgufParts.join(parts, limits, arrival);
  }

  /**
   * Maps and reads a model with the default limits. If the file is the first of several parts, the
   * others are opened beside it: {@code name-00001-of-00003.gguf}, {@code
   * name-00002-of-00003.gguf}, ...
   *
   * @param arena owns the memory; the model can be used until it is closed
   * @throws ModelFormatException if a file is damaged or unsupported, or is not the first part, or
   *     another part is missing
   * @throws IOException if a file cannot be read
   */
  public static GgufFile open(Path file, Arena arena) throws IOException, ModelFormatException {
    WeightLimits limits = WeightLimits.DEFAULT;
    String name = String.valueOf(file.getFileName());
    List<Description> parts = new ArrayList<>();
    parts.add(GgufReader.read(MappedFile.map(file, arena), name, limits));
    long count = GgufParts.count(parts.getFirst());
    for (long i = 1; i < count; i++) {
      String other = GgufParts.name(parts.getFirst(), i, count);
      parts.add(GgufReader.read(MappedFile.mapOther(file, other, arena), other, limits));
    }
    return new GgufFile(parts, limits, Arrival.COMPLETE);
  }

  /**
   * Reads a model in one part from memory, for example an entry of a mapped container, with the
   * default limits.
   *
   * @param bytes the whole file; must not change any more
   * @param name what to call it in messages
   */
  public static GgufFile read(MemorySegment bytes, String name) throws ModelFormatException {
    SequencedMap<String, MemorySegment> parts = new LinkedHashMap<>();
    parts.put(name, bytes);
    return read(parts, WeightLimits.DEFAULT);
  }

  /**
   * Reads a model in one or several parts from memory.
   *
   * @param parts the bytes of each part by its name, which is for messages; in order
   * @throws IllegalArgumentException if there are no parts
   */
  public static GgufFile read(SequencedMap<String, MemorySegment> parts, WeightLimits limits)
      throws ModelFormatException {
    return read(parts, limits, Arrival.COMPLETE);
  }

  /**
   * Reads a model in one or several parts from memory, whose bytes may not all be read yet: the
   * reader waits for those of the description, and {@link Weights} for those of each tensor that is
   * asked for by name. Data of {@link #tensors} is nobody's to touch before all has arrived.
   *
   * @param arrival is waited for
   * @throws IllegalArgumentException if there are no parts
   */
  public static GgufFile read(
      SequencedMap<String, MemorySegment> parts, WeightLimits limits, Arrival arrival)
      throws ModelFormatException {
    if (parts.isEmpty()) {
      throw new IllegalArgumentException("a model has at least one part");
    }
    List<Description> descriptions = new ArrayList<>();
    for (Map.Entry<String, MemorySegment> part : parts.entrySet()) {
      descriptions.add(GgufReader.read(part.getValue(), part.getKey(), limits, arrival));
    }
    return new GgufFile(descriptions, limits, arrival);
  }

  /** The version of the format, 2 or 3. */
  public int version() {
    return first.version();
  }

  /** The names of the parts, in order: one, unless the model is split. */
  public List<String> parts() {
    return parts;
  }

  /** The metadata by key and kind; that of the first part. */
  public Metadata metadata() {
    return first.metadata();
  }

  /** The metadata as it stands in the file, in its order, for copying and for showing. */
  public SequencedMap<String, GgufValue> values() {
    return Collections.unmodifiableSequencedMap(first.values());
  }

  @Override
  public Weights weights() {
    return table;
  }

  @Override
  public List<Tensor> tensors() {
    return table.tensors();
  }
}
