package ai.kolm.weights;

import ai.kolm.tensor.Tensor;
import ai.kolm.weights.SafetensorsReader.Described;
import ai.kolm.weights.SafetensorsReader.Description;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * Tensors in the safetensors format of Hugging Face, in one file or in several with an index.
 *
 * <p>Tensors of F32, F16 and BF16 can be had. Others, and those without elements or extents, do not
 * keep a file from opening; asking for one is an error that says what it is.
 *
 * @see <a href="https://huggingface.co/docs/safetensors">the specification</a>
 */
public final class SafetensorsFile implements WeightFile {
  private static final String SINGLE = "model.safetensors";
  private static final String INDEX_SUFFIX = ".index.json";

  private final Map<String, String> metadata;
  private final List<String> files;
  private final TensorTable table;

  private SafetensorsFile(List<Description> files, WeightLimits limits, Arrival arrival)
      throws ModelFormatException {
    metadata = files.getFirst().metadata();
    this.files = files.stream().map(Description::file).toList();
    table = new TensorTable(files.getFirst().file(), limits, arrival);
    for (Description file : files) {
      for (Described tensor : file.tensors()) {
        tensor.addTo(table, file.file());
      }
    }
  }

  /**
   * Maps and reads a model with the default limits.
   *
   * @param file a safetensors file; or an index, {@code *.index.json}, whose files stand beside it;
   *     or a folder with {@code model.safetensors} or else {@code model.safetensors.index.json}
   * @param arena owns the memory; the model can be used until it is closed
   * @throws ModelFormatException if a file is damaged or unsupported, or the index does not agree
   *     with the files
   * @throws IOException if a file cannot be read
   */
  public static SafetensorsFile open(Path file, Arena arena)
      throws IOException, ModelFormatException {
    if (Files.isDirectory(file)) {
      Path single = file.resolve(SINGLE);
      return open(Files.exists(single) ? single : file.resolve(SINGLE + INDEX_SUFFIX), arena);
    }
    WeightLimits limits = WeightLimits.DEFAULT;
    String name = String.valueOf(file.getFileName());
    MemorySegment bytes = MappedFile.map(file, arena);
    if (!name.endsWith(INDEX_SUFFIX)) {
      List<Description> one = List.of(SafetensorsReader.read(bytes, name, limits));
      return new SafetensorsFile(one, limits, Arrival.COMPLETE);
    }
    SafetensorsIndex index = SafetensorsIndex.read(bytes, name, limits);
    List<Description> shards = new ArrayList<>();
    for (String shard : index.shards()) {
      shards.add(SafetensorsReader.read(MappedFile.mapOther(file, shard, arena), shard, limits));
    }
    index.check(shards);
    return new SafetensorsFile(shards, limits, Arrival.COMPLETE);
  }

  /**
   * Reads a single file from memory, for example an entry of a mapped container, with the default
   * limits.
   *
   * @param bytes the whole file; must not change any more
   * @param name what to call it in messages
   */
  public static SafetensorsFile read(MemorySegment bytes, String name) throws ModelFormatException {
    SequencedMap<String, MemorySegment> files = new LinkedHashMap<>();
    files.put(name, bytes);
    return read(files, WeightLimits.DEFAULT);
  }

  /**
   * Reads the files of a model from memory; without an index, as the caller knows the files.
   *
   * @param files the bytes of each file by its name, which is for messages
   * @throws IllegalArgumentException if there are no files
   */
  public static SafetensorsFile read(SequencedMap<String, MemorySegment> files, WeightLimits limits)
      throws ModelFormatException {
    return read(files, limits, Arrival.COMPLETE);
  }

  /**
   * Reads the files of a model from memory, whose bytes may not all be read yet, as {@link
   * GgufFile#read(SequencedMap, WeightLimits, Arrival)}.
   *
   * @param arrival is waited for
   * @throws IllegalArgumentException if there are no files
   */
  public static SafetensorsFile read(
      SequencedMap<String, MemorySegment> files, WeightLimits limits, Arrival arrival)
      throws ModelFormatException {
    if (files.isEmpty()) {
      throw new IllegalArgumentException("a model has at least one file");
    }
    List<Description> descriptions = new ArrayList<>();
    for (Map.Entry<String, MemorySegment> file : files.entrySet()) {
      descriptions.add(SafetensorsReader.read(file.getValue(), file.getKey(), limits, arrival));
    }
    return new SafetensorsFile(descriptions, limits, arrival);
  }

  /** The names of the files. */
  public List<String> files() {
    return files;
  }

  /** The texts of {@code __metadata__} of the first file. */
  public Map<String, String> metadata() {
    return metadata;
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
