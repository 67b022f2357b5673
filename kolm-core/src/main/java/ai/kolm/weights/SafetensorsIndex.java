package ai.kolm.weights;

import ai.kolm.json.JsonException;
import ai.kolm.json.JsonObject;
import ai.kolm.weights.SafetensorsReader.Described;
import ai.kolm.weights.SafetensorsReader.Description;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import java.util.regex.Pattern;

/**
 * The index of a model in several safetensors files: {@code {"weight_map": {"tensor": "file"}}}.
 */
final class SafetensorsIndex {
  /** A file in the same folder. */
  private static final Pattern SHARD = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._ -]*");

  private final String file;
  private final Map<String, String> shardOf;

  private SafetensorsIndex(String file, Map<String, String> shardOf) {
    this.file = file;
    this.shardOf = shardOf;
  }

  static SafetensorsIndex read(MemorySegment bytes, String file, WeightLimits limits)
      throws ModelFormatException {
    if (bytes.byteSize() > limits.headerBytes()) {
      throw new ModelFormatException(
          file,
          "an index of %d bytes, at most %d allowed"
              .formatted(bytes.byteSize(), limits.headerBytes()));
    }
    Map<String, String> shardOf = new LinkedHashMap<>();
    try {
      JsonObject map = SafetensorsJson.read("index", bytes, file, limits).object("weight_map");
      for (String tensor : map.names()) {
        shardOf.put(tensor, map.string(tensor));
      }
    } catch (JsonException e) {
      throw new ModelFormatException(file, "index: " + e.getMessage());
    }
    if (shardOf.isEmpty()) {
      throw new ModelFormatException(file, "an index of no tensors");
    }
    for (String shard : shardOf.values()) {
      if (!SHARD.matcher(shard).matches()) {
        throw new ModelFormatException(file, "\"" + shard + "\" is no file of this folder");
      }
    }
    return new SafetensorsIndex(file, shardOf);
  }

  /** The names of the shards, in the order of the index. */
  SequencedSet<String> shards() {
    return new LinkedHashSet<>(shardOf.values());
  }

  /** Each shard holds the tensors that the index says, no less and no more. */
  void check(List<Description> shards) throws ModelFormatException {
    Map<String, String> found = new LinkedHashMap<>();
    for (Description shard : shards) {
      for (Described tensor : shard.tensors()) {
        found.put(tensor.name(), shard.file());
        checkPlace(tensor.name(), found);
      }
    }
    for (String tensor : shardOf.keySet()) {
      checkPlace(tensor, found);
    }
  }

  private void checkPlace(String tensor, Map<String, String> found) throws ModelFormatException {
    String expected = shardOf.getOrDefault(tensor, "no file");
    String actual = found.getOrDefault(tensor, "no file");
    if (!actual.equals(expected)) {
      throw new ModelFormatException(
          file, "tensor %s: in %s by the index, but in %s".formatted(tensor, expected, actual));
    }
  }
}
