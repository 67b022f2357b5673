package ai.kolm.weights;

import static java.nio.charset.StandardCharsets.US_ASCII;

import ai.kolm.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/** Reads the header and the metadata of one GGUF file as {@link GgufLayout} has it. */
final class GgufReader {
  private final SegmentReader in;
  private final WeightLimits limits;

  private GgufReader(MemorySegment bytes, String file, WeightLimits limits, Arrival arrival) {
    this.in = new SegmentReader(bytes, file, arrival);
    this.limits = limits;
  }

  /**
   * What one file says of itself.
   *
   * @param file its name, for messages
   * @param version 2 or 3
   * @param values the metadata, in the order of the file
   * @param tensors in the order of the file; their data has not been touched
   */
  record Description(
      String file, int version, SequencedMap<String, GgufValue> values, List<Tensor> tensors) {

    GgufMetadata metadata() {
      return new GgufMetadata(file, values);
    }
  }

  static Description read(MemorySegment bytes, String file, WeightLimits limits)
      throws ModelFormatException {
    return read(bytes, file, limits, Arrival.COMPLETE);
  }

  static Description read(MemorySegment bytes, String file, WeightLimits limits, Arrival arrival)
      throws ModelFormatException {
    return new GgufReader(bytes, file, limits, arrival).description(file);
  }

  private Description description(String file) throws ModelFormatException {
    int version = version();
    int tensorCount = in.count("number of tensors", limits.tensors(), GgufLayout.MIN_TENSOR_BYTES);
    int entryCount =
        in.count("number of metadata entries", limits.entries(), GgufLayout.MIN_ENTRY_BYTES);
    SequencedMap<String, GgufValue> values = new LinkedHashMap<>();
    int alignment = GgufLayout.DEFAULT_ALIGNMENT;
    for (int i = 0; i < entryCount; i++) {
      long at = in.position();
      String key = key(i);
      GgufValue value = value(key);
      if (values.put(key, value) != null) {
        throw in.fault(at, "metadata key " + key + " appears twice");
      }
      if (key.equals(GgufLayout.ALIGNMENT_KEY)) {
        alignment = alignment(value, at);
      }
    }
    List<Tensor> tensors = new GgufTensorReader(in, alignment).read(tensorCount);
    return new Description(file, version, values, tensors);
  }

  private int version() throws ModelFormatException {
    int magic = (int) in.u32("magic");
    if (magic != GgufLayout.MAGIC) {
      throw in.fault(0, "not a GGUF file: expected \"GGUF\", got 0x%08x".formatted(magic));
    }
    long at = in.position();
    int version = (int) in.u32("version");
    if (version >= GgufLayout.OLDEST_VERSION && version <= GgufLayout.VERSION) {
      return version;
    }
    if ((version & 0xFFFF) == 0 && version != 0) {
      throw in.fault(at, "a big-endian GGUF file; kolm reads little-endian ones only");
    }
    throw in.fault(
        at, "GGUF version %s; supported: 2 and 3".formatted(Integer.toUnsignedString(version)));
  }

  private String key(int i) throws ModelFormatException {
    long at = in.position();
    byte[] key = in.string("metadata key", GgufLayout.MAX_KEY_BYTES).toArray(ValueLayout.JAVA_BYTE);
    if (!GgufLayout.isKey(key)) {
      throw in.fault(at, "metadata key %d is empty or not printable ASCII".formatted(i));
    }
    return new String(key, US_ASCII);
  }

  private GgufValue value(String key) throws ModelFormatException {
    GgufValueType type = type(key);
    if (type != GgufValueType.ARRAY) {
      return items(key, false, type, 1);
    }
    long at = in.position();
    GgufValueType itemType = type(key);
    if (itemType == GgufValueType.ARRAY) {
      throw in.fault(at, "metadata key " + key + ": an array of arrays");
    }
    int itemBytes = itemType == GgufValueType.STRING ? Long.BYTES : itemType.bytes();
    int length = in.count("metadata key " + key + ", items", limits.arrayLength(), itemBytes);
    return items(key, true, itemType, length);
  }

  private GgufValueType type(String key) throws ModelFormatException {
    long at = in.position();
    long id = in.u32("type of metadata key");
    return GgufValueType.ofId(id)
        .orElseThrow(
            () ->
                in.fault(
                    at,
                    "metadata key %s: value type %d, expected 0 to %d"
                        .formatted(key, id, GgufValueType.values().length - 1)));
  }

  private GgufValue items(String key, boolean array, GgufValueType type, int length)
      throws ModelFormatException {
    String what = "metadata key " + key;
    long from = in.position();
    if (type == GgufValueType.STRING) {
      for (int i = 0; i < length; i++) {
        in.skip(in.count(what, limits.stringBytes(), 1), what);
      }
    } else {
      in.skip((long) length * type.bytes(), what);
    }
    GgufValue value = new GgufValue(array, type, length, in.slice(from, in.position() - from));
    if (type == GgufValueType.BOOL) {
      checkBooleans(key, value, from);
    }
    return value;
  }

  private void checkBooleans(String key, GgufValue value, long from) throws ModelFormatException {
    for (int i = 0; i < value.length(); i++) {
      if (value.integer(i) > 1) {
        throw in.fault(
            from + i,
            "metadata key %s: a boolean is 0 or 1, got %d".formatted(key, value.integer(i)));
      }
    }
  }

  private int alignment(GgufValue value, long at) throws ModelFormatException {
    if (!GgufLayout.isAlignment(value)) {
      throw in.fault(
          at,
          "%s: expected uint32, a power of two from %d to %d, got %s"
              .formatted(
                  GgufLayout.ALIGNMENT_KEY,
                  GgufLayout.MIN_ALIGNMENT,
                  GgufLayout.MAX_ALIGNMENT,
                  value));
    }
    return (int) value.integer(0);
  }
}
