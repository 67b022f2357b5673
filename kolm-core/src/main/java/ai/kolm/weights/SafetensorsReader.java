package ai.kolm.weights;

import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonObject;
import ai.kolm.tensor.Shape;
import ai.kolm.tensor.Tensor;
import ai.kolm.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;

/**
 * Reads the description of one safetensors file:
 *
 * <pre>
 * bytes
 *     8  length of the header (u64, little-endian)
 *        header: a JSON object, padded with spaces; for each tensor
 *          "name": {"dtype": "F32", "shape": [576, 1536], "data_offsets": [begin, end]}
 *          with offsets from the start of the data, and possibly "__metadata__": texts by name
 *        data, up to the end of the file
 * </pre>
 *
 * <p>The tensors cover the data exactly: no holes, no overlap, nothing behind them.
 */
final class SafetensorsReader {
  private static final String METADATA = "__metadata__";

  private final MemorySegment bytes;
  private final String file;
  private final WeightLimits limits;
  private final Arrival arrival;

  private SafetensorsReader(
      MemorySegment bytes, String file, WeightLimits limits, Arrival arrival) {
    this.bytes = bytes;
    this.file = file;
    this.limits = limits;
    this.arrival = arrival;
  }

  /**
   * What one file says of itself.
   *
   * @param file its name, for messages
   * @param metadata texts by name
   * @param tensors in the order of the header
   */
  record Description(String file, Map<String, String> metadata, List<Described> tensors) {}

  /**
   * A tensor as described.
   *
   * @param begin where its data starts, from the start of all data
   * @param data its bytes, untouched
   */
  record Described(
      String name, SafetensorsDtype dtype, long[] extents, long begin, MemorySegment data) {

    long end() {
      return begin + data.byteSize();
    }

    /** Adds this to {@code table}, as unreadable if kolm has no such tensors. */
    void addTo(TensorTable table, String file) throws ModelFormatException {
      Optional<TensorType> type = dtype.tensorType();
      if (type.isEmpty()) {
        table.addUnreadable(file, name, "dtype " + dtype + "; supported: F32, F16, BF16");
      } else if (extents.length < 1
          || extents.length > 4
          || LongStream.of(extents).anyMatch(e -> e < 1)) {
        table.addUnreadable(
            file,
            name,
            "shape %s; supported: 1 to 4 extents, each at least 1"
                .formatted(Arrays.toString(extents)));
      } else {
        table.add(file, new Tensor(name, type.get(), Shape.of(extents), data));
      }
    }
  }

  static Description read(MemorySegment bytes, String file, WeightLimits limits)
      throws ModelFormatException {
    return read(bytes, file, limits, Arrival.COMPLETE);
  }

  static Description read(MemorySegment bytes, String file, WeightLimits limits, Arrival arrival)
      throws ModelFormatException {
    return new SafetensorsReader(bytes, file, limits, arrival).description();
  }

  private Description description() throws ModelFormatException {
    SegmentReader in = new SegmentReader(bytes, file, arrival);
    MemorySegment text = in.string("header", limits.headerBytes());
    MemorySegment data = in.slice(in.position(), in.remaining());
    JsonObject header = SafetensorsJson.read("header", text, file, limits);
    Map<String, String> metadata = new LinkedHashMap<>();
    List<Described> tensors = new ArrayList<>();
    try {
      for (String name : header.names()) {
        JsonObject member = header.object(name);
        if (name.equals(METADATA)) {
          for (String key : member.names()) {
            metadata.put(key, member.string(key));
          }
        } else {
          tensors.add(tensor(name, member, data));
        }
      }
    } catch (JsonException e) {
      throw fault(String.valueOf(e.getMessage()));
    }
    checkCover(tensors, data.byteSize());
    return new Description(file, Collections.unmodifiableMap(metadata), tensors);
  }

  private Described tensor(String name, JsonObject member, MemorySegment data)
      throws ModelFormatException, JsonException {
    String dtypeName = member.string("dtype");
    SafetensorsDtype dtype =
        SafetensorsDtype.of(dtypeName)
            .orElseThrow(() -> fault("tensor %s: unknown dtype %s".formatted(name, dtypeName)));
    long[] extents = sizes(member, "shape");
    long[] offsets = sizes(member, "data_offsets");
    if (offsets.length != 2 || offsets[0] > offsets[1] || offsets[1] > data.byteSize()) {
      throw fault(
          "tensor %s: data_offsets %s, expected [begin, end] within %d bytes of data"
              .formatted(name, Arrays.toString(offsets), data.byteSize()));
    }
    long size = offsets[1] - offsets[0];
    long expected = byteSize(name, dtype, extents);
    if (size != expected) {
      throw fault(
          "tensor %s: %d bytes of data, expected %d for %s %s"
              .formatted(name, size, expected, dtype, Arrays.toString(extents)));
    }
    return new Described(name, dtype, extents, offsets[0], data.asSlice(offsets[0], size));
  }

  private static long[] sizes(JsonObject member, String name) throws JsonException {
    member.get(name);
    List<Json> items = member.array(name);
    long[] sizes = new long[items.size()];
    for (int i = 0; i < sizes.length; i++) {
      if (!(items.get(i) instanceof Json.Int size) || size.value() < 0) {
        throw new JsonException(
            JsonException.Code.TYPE,
            "%s/%d: expected an integer from 0 to 2^63 - 1".formatted(member.at(name), i));
      }
      sizes[i] = size.value();
    }
    return sizes;
  }

  private long byteSize(String name, SafetensorsDtype dtype, long[] extents)
      throws ModelFormatException {
    long bits;
    try {
      bits = LongStream.of(extents).reduce(dtype.bits(), Math::multiplyExact);
    } catch (ArithmeticException e) {
      throw fault(
          "tensor %s: %s %s takes more than 2^63 - 1 bits"
              .formatted(name, dtype, Arrays.toString(extents)));
    }
    if (bits % Byte.SIZE != 0) {
      throw fault(
          "tensor %s: %s %s ends within a byte".formatted(name, dtype, Arrays.toString(extents)));
    }
    return bits / Byte.SIZE;
  }

  /**
   * The data of one tensor follows that of another, from the first byte of all data to the last.
   */
  private void checkCover(List<Described> tensors, long available) throws ModelFormatException {
    List<Described> sorted = new ArrayList<>(tensors);
    sorted.sort(Comparator.comparingLong(Described::begin).thenComparingLong(Described::end));
    long end = 0;
    for (Described tensor : sorted) {
      if (tensor.begin != end) {
        throw fault(
            "tensor %s: data from %d on, expected from %d on, without hole or overlap"
                .formatted(tensor.name, tensor.begin, end));
      }
      end = tensor.end();
    }
    if (end != available) {
      throw fault(
          "the tensors end at %d of the data, but the file has %d".formatted(end, available));
    }
  }

  private ModelFormatException fault(String message) {
    return new ModelFormatException(file, Long.BYTES, "header: " + message);
  }
}
