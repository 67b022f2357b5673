package ai.kolm.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.json.Json;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Writes GGUF files, version 3, as llama.cpp's converter does. */
final class TinyGguf {
  private static final int MAX_BYTES = 8 << 20;
  private static final int ALIGNMENT = 32;
  private static final int VERSION = 3;
  private static final int ARRAY = 9;

  private final ByteBuffer file = ByteBuffer.allocate(MAX_BYTES).order(ByteOrder.LITTLE_ENDIAN);

  private TinyGguf() {}

  /**
   * A metadata value.
   *
   * @param type {@code UINT32}, {@code STRING}, ...; of an array {@code ARRAY} and that of its
   *     items
   */
  record Value(String type, Json json) {}

  static byte[] bytes(Map<String, Value> metadata, List<TinyTensor> tensors) {
    TinyGguf gguf = new TinyGguf();
    gguf.write(metadata, tensors);
    return Arrays.copyOf(gguf.file.array(), gguf.file.position());
  }

  private void write(Map<String, Value> metadata, List<TinyTensor> tensors) {
    file.put("GGUF".getBytes(UTF_8)).putInt(VERSION);
    file.putLong(tensors.size()).putLong(metadata.size());
    metadata.forEach(this::entry);
    long offset = 0;
    for (TinyTensor tensor : tensors) {
      string(tensor.name());
      file.putInt(tensor.shape().size());
      tensor.shape().reversed().forEach(extent -> file.putLong(extent));
      file.putInt(tensor.type().ggufId()).putLong(offset);
      offset += tensor.byteSize() + (-tensor.byteSize() & (ALIGNMENT - 1));
    }
    for (TinyTensor tensor : tensors) {
      align();
      tensor.writeTo(file);
    }
    align();
  }

  private void entry(String key, Value value) {
    string(key);
    if (value.json instanceof Json.Arr array) {
      String type = value.type.substring("ARRAY ".length());
      file.putInt(ARRAY).putInt(typeId(type)).putLong(array.items().size());
      array.items().forEach(item -> scalar(type, item));
    } else {
      file.putInt(typeId(value.type));
      scalar(value.type, value.json);
    }
  }

  private static int typeId(String type) {
    return switch (type) {
      case "UINT32" -> 4;
      case "INT32" -> 5;
      case "FLOAT32" -> 6;
      case "BOOL" -> 7;
      case "STRING" -> 8;
      default -> throw new IllegalArgumentException("metadata of type " + type);
    };
  }

  private void scalar(String type, Json json) {
    switch (json) {
      case Json.Str s -> string(s.value());
      case Json.Bool b -> file.put((byte) (b.value() ? 1 : 0));
      case Json.Int n when !type.equals("FLOAT32") -> file.putInt((int) n.value());
      default -> file.putFloat((float) TinyTensor.number(json));
    }
  }

  private void string(String text) {
    byte[] bytes = text.getBytes(UTF_8);
    file.putLong(bytes.length).put(bytes);
  }

  /** The buffer starts zeroed, so padding is only a step forward. */
  private void align() {
    file.position(file.position() + (-file.position() & (ALIGNMENT - 1)));
  }
}
