package ai.kolm.weights;

import static java.util.stream.Collectors.joining;

import ai.kolm.tensor.Shape;
import ai.kolm.tensor.Tensor;
import ai.kolm.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads the tensor descriptions of a GGUF file, the last part before the data. */
final class GgufTensorReader {
  /** Types of ggml that kolm does not read, so that a message can name them. */
  private static final Map<Integer, String> OTHER_TYPES =
      Map.ofEntries(
          Map.entry(4, "Q4_2"),
          Map.entry(5, "Q4_3"),
          Map.entry(9, "Q8_1"),
          Map.entry(15, "Q8_K"),
          Map.entry(16, "IQ2_XXS"),
          Map.entry(17, "IQ2_XS"),
          Map.entry(18, "IQ3_XXS"),
          Map.entry(19, "IQ1_S"),
          Map.entry(21, "IQ3_S"),
          Map.entry(22, "IQ2_S"),
          Map.entry(23, "IQ4_XS"),
          Map.entry(24, "I8"),
          Map.entry(25, "I16"),
          Map.entry(26, "I32"),
          Map.entry(27, "I64"),
          Map.entry(28, "F64"),
          Map.entry(29, "IQ1_M"),
          Map.entry(31, "Q4_0_4_4"),
          Map.entry(32, "Q4_0_4_8"),
          Map.entry(33, "Q4_0_8_8"),
          Map.entry(34, "TQ1_0"),
          Map.entry(35, "TQ2_0"),
          Map.entry(36, "IQ4_NL_4_4"),
          Map.entry(37, "IQ4_NL_4_8"),
          Map.entry(38, "IQ4_NL_8_8"),
          Map.entry(40, "NVFP4"),
          Map.entry(41, "Q1_0"),
          Map.entry(42, "Q2_0"));

  private final SegmentReader in;
  private final int alignment;

  /**
   * @param in stands at the first description
   */
  GgufTensorReader(SegmentReader in, int alignment) {
    this.in = in;
    this.alignment = alignment;
  }

  /**
   * A tensor as described.
   *
   * @param at where its description starts
   * @param offset of its data from the start of all data, in bytes
   * @param size of its data, in bytes
   */
  private record Described(
      long at, String name, TensorType type, Shape shape, long offset, long size) {}

  List<Tensor> read(int count) throws ModelFormatException {
    List<Described> described = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (int i = 0; i < count; i++) {
      Described tensor = describe(i);
      if (!names.add(tensor.name)) {
        throw in.fault(tensor.at, "tensor " + tensor.name + " appears twice");
      }
      described.add(tensor);
    }
    long data = GgufLayout.align(in.position(), alignment);
    checkExtents(described, data);
    List<Tensor> tensors = new ArrayList<>(count);
    for (Described t : described) {
      tensors.add(new Tensor(t.name, t.type, t.shape, in.slice(data + t.offset, t.size)));
    }
    return tensors;
  }

  private Described describe(int i) throws ModelFormatException {
    long at = in.position();
    String name = name(i);
    Shape shape = shape(name);
    TensorType type = type(name);
    long size = size(name, type, shape, at);
    long offset = in.u64("offset of tensor " + name);
    if (offset < 0 || offset % alignment != 0) {
      throw in.fault(
          at,
          "tensor %s: offset %s, expected a multiple of the alignment %d"
              .formatted(name, Long.toUnsignedString(offset), alignment));
    }
    return new Described(at, name, type, shape, offset, size);
  }

  private String name(int i) throws ModelFormatException {
    long at = in.position();
    MemorySegment utf8 = in.string("tensor name", GgufLayout.MAX_NAME_BYTES);
    if (utf8.byteSize() == 0) {
      throw in.fault(at, "the name of tensor %d is empty".formatted(i));
    }
    try {
      return GgufValue.decode(utf8);
    } catch (CharacterCodingException e) {
      throw in.fault(at, "the name of tensor %d is not UTF-8".formatted(i));
    }
  }

  private Shape shape(String name) throws ModelFormatException {
    long at = in.position();
    long rank = in.u32("number of extents");
    if (rank < 1 || rank > GgufLayout.MAX_RANK) {
      throw in.fault(at, "tensor %s: %d extents, expected 1 to 4".formatted(name, rank));
    }
    long[] extents = new long[(int) rank];
    for (int i = extents.length - 1; i >= 0; i--) {
      extents[i] = in.u64("extents of tensor " + name);
      if (extents[i] < 1) {
        throw in.fault(
            in.position() - Long.BYTES,
            "tensor %s: extent %s, expected 1 to 2^63 - 1"
                .formatted(name, Long.toUnsignedString(extents[i])));
      }
    }
    try {
      return Shape.of(extents);
    } catch (ArithmeticException e) {
      throw in.fault(
          at,
          "tensor %s: extents %s multiply to more than 2^63 - 1"
              .formatted(name, Arrays.toString(extents)));
    }
  }

  private TensorType type(String name) throws ModelFormatException {
    long at = in.position();
    int id = (int) in.u32("type of tensor");
    return TensorType.ofGgufId(id)
        .orElseThrow(
            () ->
                in.fault(
                    at,
                    "tensor %s: type %s (%s) is not supported; supported: %s"
                        .formatted(
                            name,
                            Integer.toUnsignedString(id),
                            OTHER_TYPES.getOrDefault(id, "unknown"),
                            Arrays.stream(TensorType.values())
                                .map(TensorType::name)
                                .collect(joining(", ")))));
  }

  private long size(String name, TensorType type, Shape shape, long at)
      throws ModelFormatException {
    if (shape.columns() % type.blockSize() != 0) {
      throw in.fault(
          at,
          "tensor %s %s: rows of %s must be whole blocks of %d"
              .formatted(name, shape, type, type.blockSize()));
    }
    try {
      return type.byteSize(shape.elements());
    } catch (ArithmeticException e) {
      throw in.fault(
          at, "tensor %s: %s %s takes more than 2^63 - 1 bytes".formatted(name, type, shape));
    }
  }

  /** Every tensor lies in the file, and no two share a byte. */
  private void checkExtents(List<Described> tensors, long data) throws ModelFormatException {
    List<Described> sorted = new ArrayList<>(tensors);
    sorted.sort(Comparator.comparingLong(Described::offset));
    long available = in.size() - data;
    long end = 0;
    String previous = "";
    for (Described tensor : sorted) {
      if (tensor.offset < end) {
        throw in.fault(
            tensor.at,
            "tensor %s overlaps %s: it starts at %d of the data, the other ends at %d"
                .formatted(tensor.name, previous, tensor.offset, end));
      }
      if (tensor.offset > available || tensor.size > available - tensor.offset) {
        throw in.fault(
            tensor.at,
            "tensor %s %s %s: %d bytes from %d of the data on, but the file has %d"
                .formatted(
                    tensor.name,
                    tensor.type,
                    tensor.shape,
                    tensor.size,
                    tensor.offset,
                    Math.max(0, available)));
      }
      end = tensor.offset + tensor.size;
      previous = tensor.name;
    }
  }
}
