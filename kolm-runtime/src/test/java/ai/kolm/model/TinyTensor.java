package ai.kolm.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonObject;
import ai.kolm.tensor.TensorType;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;

/**
 * A tensor of a tiny model.
 *
 * @param type F32, F16 or BF16
 * @param shape extents, outermost first
 * @param values row-major, each exact in {@code type}
 */
record TinyTensor(String name, TensorType type, List<Integer> shape, float[] values) {

  /**
   * A tensor whose weights come from the formula: weight {@code i} is an integer, {@code hash(name,
   * i)} rounded to the bits that {@code dtype} holds, over a power of two.
   */
  static TinyTensor synthesised(String model, String dtype, JsonObject row) throws JsonException {
    String name = row.string("name");
    List<Integer> shape = shape(row);
    TensorType type = TensorType.valueOf(dtype);
    int drop =
        switch (dtype) {
          case "F32" -> 0;
          case "F16" -> 7;
          case "BF16" -> 10;
          default -> throw new IllegalArgumentException(dtype);
        };
    int base = (int) row.integer("base");
    float scale = Math.scalb(1f, drop - (int) row.integer("exponent"));
    CRC32 seed = new CRC32();
    seed.update((model + "/" + name).getBytes(UTF_8));
    float[] values = new float[elements(shape)];
    for (int i = 0; i < values.length; i++) {
      values[i] = base + (integer((seed.getValue() << 32) + i) >> drop) * scale;
    }
    return new TinyTensor(name, type, shape, values);
  }

  /** The sum of the four 16-bit parts of a hash (the finaliser of SplitMix64), centred: 18 bits. */
  private static int integer(long i) {
    long z = i * 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    z = z ^ (z >>> 31);
    int sum = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 16) {
      sum += (int) (z >>> shift) & 0xFFFF;
    }
    return sum - 131_070;
  }

  /** A tensor of the GGUF form: one of the Hugging Face form rearranged, or values written out. */
  static TinyTensor derived(JsonObject row, Map<String, TinyTensor> sources) throws JsonException {
    List<Integer> shape = shape(row);
    float[] values =
        row.find("values").isPresent()
            ? floats(row.array("values"))
            : rearranged(row, requireNonNull(sources.get(row.string("from"))).values, shape);
    return new TinyTensor(
        row.string("name"), TensorType.valueOf(row.string("type")), shape, values);
  }

  private static float[] rearranged(JsonObject row, float[] source, List<Integer> shape)
      throws JsonException {
    int width = shape.size() == 1 ? 1 : shape.getLast();
    int heads = (int) row.findInteger("interleave").orElse(0);
    int add = (int) row.findInteger("add").orElse(0);
    float[] values = new float[elements(shape)];
    for (int i = 0; i < values.length; i++) {
      int from = heads == 0 ? i / width : origin(i / width, shape.getFirst() / heads);
      values[i] = source[from * width + i % width] + add;
    }
    return values;
  }

  /** Where a row comes from when the two halves of each head are taken in turn. */
  private static int origin(int row, int headRows) {
    int within = row % headRows;
    return row - within + within % 2 * (headRows / 2) + within / 2;
  }

  /** The bytes of the elements. */
  void writeTo(ByteBuffer target) {
    for (float value : values) {
      switch (type) {
        case F32 -> target.putFloat(value);
        case F16 -> target.putShort(Float.floatToFloat16(value));
        case BF16 -> target.putShort((short) (Float.floatToRawIntBits(value) >>> 16));
        default -> throw new IllegalArgumentException(type.toString());
      }
    }
  }

  int byteSize() {
    return Math.toIntExact(type.byteSize(values.length));
  }

  private static float[] floats(List<Json> numbers) {
    float[] values = new float[numbers.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) number(numbers.get(i));
    }
    return values;
  }

  static double number(Json json) {
    return switch (json) {
      case Json.Int n -> n.value();
      case Json.Real n -> n.value();
      default -> throw new IllegalArgumentException("expected a number, got " + json.kind());
    };
  }

  private static List<Integer> shape(JsonObject row) throws JsonException {
    return row.array("shape").stream().map(extent -> (int) number(extent)).toList();
  }

  private static int elements(List<Integer> shape) {
    return shape.stream().reduce(1, Math::multiplyExact);
  }
}
