package ai.kolm.weights;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.json.CanonicalJson;
import ai.kolm.json.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Supplier;

/**
 * Writes a safetensors file of 32-bit floats. First everything is declared, then {@link #write}
 * streams header and tensors; one tensor at a time need be in memory.
 *
 * <pre>{@code
 * SafetensorsWriter writer = new SafetensorsWriter(Map.of("format", "pt"));
 * writer.tensor("layers.0.a", List.of(2L, 3L), () -> new float[6]);
 * writer.write(channel);
 * }</pre>
 *
 * <p>Tensors keep the order in which they are declared. Not safe for use by several threads.
 *
 * @see <a href="https://huggingface.co/docs/safetensors">the specification</a>
 */
public final class SafetensorsWriter {
  private static final int ALIGNMENT = 8;
  private static final int BUFFER = 1 << 20;

  private final Map<String, String> metadata;
  private final SequencedMap<String, Declared> tensors = new LinkedHashMap<>();

  private record Declared(List<Long> shape, Supplier<float[]> values) {
    long size() {
      return shape.stream().reduce((long) Float.BYTES, Math::multiplyExact);
    }
  }

  /**
   * @param metadata texts for {@code __metadata__}
   */
  public SafetensorsWriter(Map<String, String> metadata) {
    this.metadata = Map.copyOf(metadata);
  }

  /**
   * Declares a tensor.
   *
   * @param shape outermost first
   * @param values row-major; asked for once, when it is written
   * @throws IllegalArgumentException if there is one of this name
   */
  public void tensor(String name, List<Long> shape, Supplier<float[]> values) {
    if (tensors.putIfAbsent(name, new Declared(List.copyOf(shape), values)) != null) {
      throw new IllegalArgumentException("tensor " + name + " twice");
    }
  }

  /**
   * Writes the file.
   *
   * @throws IllegalStateException if a tensor has another number of values than its shape says
   */
  public void write(WritableByteChannel channel) throws IOException {
    byte[] header = header();
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER).order(ByteOrder.LITTLE_ENDIAN);
    buffer.putLong(header.length);
    drain(buffer, channel);
    drain(ByteBuffer.wrap(header).position(header.length), channel);
    for (Map.Entry<String, Declared> tensor : tensors.entrySet()) {
      float[] values = tensor.getValue().values().get();
      if ((long) values.length * Float.BYTES != tensor.getValue().size()) {
        throw new IllegalStateException(
            "tensor %s: %d values for shape %s"
                .formatted(tensor.getKey(), values.length, tensor.getValue().shape()));
      }
      for (int from = 0; from < values.length; from += BUFFER / Float.BYTES) {
        int count = Math.min(BUFFER / Float.BYTES, values.length - from);
        buffer.clear().asFloatBuffer().put(values, from, count);
        buffer.position(count * Float.BYTES);
        drain(buffer, channel);
      }
    }
  }

  private static void drain(ByteBuffer buffer, WritableByteChannel channel) throws IOException {
    buffer.flip();
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
    buffer.clear();
  }

  private byte[] header() {
    SequencedMap<String, Json> members = new LinkedHashMap<>();
    SequencedMap<String, Json> texts = new LinkedHashMap<>();
    metadata.forEach((key, value) -> texts.put(key, new Json.Str(value)));
    members.put("__metadata__", new Json.Obj(texts));
    long at = 0;
    for (Map.Entry<String, Declared> tensor : tensors.entrySet()) {
      Declared declared = tensor.getValue();
      SequencedMap<String, Json> fields = new LinkedHashMap<>();
      fields.put("dtype", new Json.Str("F32"));
      fields.put(
          "shape", new Json.Arr(declared.shape().stream().<Json>map(Json.Int::new).toList()));
      fields.put(
          "data_offsets",
          new Json.Arr(List.of(new Json.Int(at), new Json.Int(at + declared.size()))));
      members.put(tensor.getKey(), new Json.Obj(fields));
      at += declared.size();
    }
    byte[] text = CanonicalJson.write(new Json.Obj(members));
    byte[] padded = Arrays.copyOf(text, text.length + (-text.length & (ALIGNMENT - 1)));
    Arrays.fill(padded, text.length, padded.length, " ".getBytes(UTF_8)[0]);
    return padded;
  }
}
