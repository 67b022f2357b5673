package ai.kolm.weights;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.tensor.Shape;
import ai.kolm.tensor.TensorType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Writes a GGUF file, version 3. First everything is declared, then {@link #write} streams header,
 * metadata and tensors; no tensor need be in memory as a whole.
 *
 * <pre>{@code
 * GgufWriter writer = new GgufWriter();
 * source.values().forEach(writer::metadata);
 * for (Tensor tensor : source.tensors()) {
 *   writer.tensor(tensor.name(), Q8_0, tensor.shape(), TensorData.quantized(tensor, Q8_0));
 * }
 * writer.write(channel);
 * }</pre>
 *
 * <p>Metadata and tensors keep the order in which they are declared. Not safe for use by several
 * threads.
 */
public final class GgufWriter {
  private static final String FILE_TYPE = "general.file_type";

  private final Map<String, GgufValue> values = new LinkedHashMap<>();
  private final Map<String, Declared> tensors = new LinkedHashMap<>();

  private record Declared(TensorType type, Shape shape, TensorData data) {
    long size() {
      return type.byteSize(shape.elements());
    }
  }

  /** Nothing is declared yet. */
  public GgufWriter() {}

  /**
   * Adds the values of {@code file}, but for those that say how it is stored: the one type that
   * {@code general.file_type} names for the whole file, and the numbers of its parts. What is
   * written has tensors of its own types, in one part.
   */
  public void metadataOf(GgufFile file) {
    file.values()
        .forEach(
            (key, value) -> {
              if (!key.equals(FILE_TYPE) && !key.startsWith("split.")) {
                metadata(key, value);
              }
            });
  }

  /**
   * Declares a metadata entry. One declared before is replaced and keeps its place.
   *
   * @throws IllegalArgumentException if the key is empty, longer than 65,535 bytes or not printable
   *     ASCII; or if it is {@code general.alignment}, a {@code uint32} and a power of two from 8 to
   *     65,536, and the value is not
   */
  public void metadata(String key, GgufValue value) {
    if (!GgufLayout.isKey(key.getBytes(UTF_8))) {
      throw new IllegalArgumentException("not a metadata key: \"" + key + "\"");
    }
    if (key.equals(GgufLayout.ALIGNMENT_KEY) && !GgufLayout.isAlignment(value)) {
      throw new IllegalArgumentException(GgufLayout.ALIGNMENT_KEY + " cannot be " + value);
    }
    values.put(key, value);
  }

  /**
   * Declares a tensor.
   *
   * @param data is asked once, by {@link #write}
   * @throws IllegalArgumentException if the name is empty, longer than 64 bytes of UTF-8 or
   *     declared already, or if rows are not whole blocks of {@code type}
   */
  public void tensor(String name, TensorType type, Shape shape, TensorData data) {
    int length = name.getBytes(UTF_8).length;
    if (length == 0 || length > GgufLayout.MAX_NAME_BYTES) {
      throw new IllegalArgumentException(
          "the name \"%s\" takes %d bytes, expected 1 to %d"
              .formatted(name, length, GgufLayout.MAX_NAME_BYTES));
    }
    type.byteSize(shape.columns());
    if (tensors.putIfAbsent(name, new Declared(type, shape, data)) != null) {
      throw new IllegalArgumentException("tensor " + name + " is declared already");
    }
  }

  /**
   * Writes the file.
   *
   * @throws IOException if {@code channel} does
   * @throws IllegalStateException if a tensor's data is not as long as its type and shape say
   */
  public void write(WritableByteChannel channel) throws IOException {
    int alignment = alignment();
    writeFully(channel, header(alignment));
    for (Map.Entry<String, Declared> tensor : tensors.entrySet()) {
      long size = tensor.getValue().size();
      ExactChannel exact = new ExactChannel(channel, tensor.getKey(), size);
      tensor.getValue().data.writeTo(exact);
      exact.checkComplete();
      writeFully(channel, ByteBuffer.allocate((int) (GgufLayout.align(size, alignment) - size)));
    }
  }

  private int alignment() {
    GgufValue value = values.get(GgufLayout.ALIGNMENT_KEY);
    return value == null ? GgufLayout.DEFAULT_ALIGNMENT : (int) value.integer(0);
  }

  private ByteBuffer header(int alignment) {
    long size = GgufLayout.align(headerBytes(), alignment);
    ByteBuffer header = ByteBuffer.allocate(Math.toIntExact(size)).order(ByteOrder.LITTLE_ENDIAN);
    header.putInt(GgufLayout.MAGIC).putInt(GgufLayout.VERSION);
    header.putLong(tensors.size()).putLong(values.size());
    values.forEach((key, value) -> putEntry(header, key, value));
    long offset = 0;
    for (Map.Entry<String, Declared> tensor : tensors.entrySet()) {
      putTensor(header, tensor.getKey(), tensor.getValue(), offset);
      offset = Math.addExact(offset, GgufLayout.align(tensor.getValue().size(), alignment));
    }
    return header.rewind();
  }

  private long headerBytes() {
    long bytes = 4 + 4 + 8 + 8;
    for (Map.Entry<String, GgufValue> entry : values.entrySet()) {
      GgufValue value = entry.getValue();
      bytes += 8 + entry.getKey().length() + 4 + (value.isArray() ? 4 + 8 : 0);
      bytes += value.items().byteSize();
    }
    for (Map.Entry<String, Declared> entry : tensors.entrySet()) {
      bytes += 8 + entry.getKey().getBytes(UTF_8).length;
      bytes += 4 + 8 * entry.getValue().shape.rank() + 4 + 8;
    }
    return bytes;
  }

  private static void putEntry(ByteBuffer header, String key, GgufValue value) {
    putString(header, key);
    if (value.isArray()) {
      header.putInt(GgufValueType.ARRAY.id());
      header.putInt(value.itemType().id()).putLong(value.length());
    } else {
      header.putInt(value.itemType().id());
    }
    header.put(value.items().asByteBuffer());
  }

  private static void putTensor(ByteBuffer header, String name, Declared tensor, long offset) {
    putString(header, name);
    header.putInt(tensor.shape.rank());
    for (int i = tensor.shape.rank() - 1; i >= 0; i--) {
      header.putLong(tensor.shape.extent(i));
    }
    header.putInt(tensor.type.ggufId()).putLong(offset);
  }

  private static void putString(ByteBuffer header, String text) {
    byte[] bytes = text.getBytes(UTF_8);
    header.putLong(bytes.length).put(bytes);
  }

  /** Writes all that remains in {@code bytes}. */
  static void writeFully(WritableByteChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }
}
