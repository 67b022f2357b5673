package ai.kolm.weights;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * GGUF files made byte by byte, right or wrong, independently of the writer. Remembers where each
 * integer of the file is, so that a test can damage it by name.
 */
final class GgufBytes {
  static final ValueLayout.OfByte U8 = ValueLayout.JAVA_BYTE;
  static final ValueLayout.OfLong U64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final ByteBuffer bytes = ByteBuffer.allocate(1 << 14).order(ByteOrder.LITTLE_ENDIAN);
  private final List<Field> fields = new ArrayList<>();

  /** An integer of {@code size} bytes. */
  record Field(String name, int offset, int size) {}

  /** A small file with every kind of value and a few kinds of tensors; wholly valid. */
  static GgufBytes tiny() {
    GgufBytes file = new GgufBytes();
    file.header(3, 4, 9);
    file.key("general.alignment", 4).u32("alignment", 16);
    file.key("general.architecture", 8).string("architecture", "tiny");
    file.key("tiny.layers", 10).u64("layers", 2);
    file.key("tiny.epsilon", 6).u32("epsilon", Float.floatToIntBits(1e-5f));
    file.key("tiny.tied", 7).u8("tied", 1);
    file.key("tiny.scale", 12).u64("scale", Double.doubleToLongBits(0.5));
    file.key("tokens", 9).array("tokens", 8, 3);
    file.string("token", "a").string("token", "\u00e9").string("token", "");
    file.key("scores", 9).array("scores", 6, 3);
    file.u32("score", Float.floatToIntBits(-1)).u32("score", 0).u32("score", 0);
    file.key("flags", 9).array("flags", 7, 2).u8("flag", 0).u8("flag", 1);
    file.tensor("norm", 0, 0, 5);
    file.tensor("embedding", 8, 32, 32, 3);
    file.tensor("half", 1, 144, 2, 3, 2, 2);
    file.tensor("brain", 30, 192, 4);
    file.pad(16);
    file.data(20).pad(16).data(3 * 34).pad(16).data(48).data(8);
    return file;
  }

  GgufBytes header(int version, long tensors, long entries) {
    bytes.put("GGUF".getBytes(UTF_8));
    u32("version", version);
    u64("tensors", tensors);
    return u64("entries", entries);
  }

  GgufBytes key(String key, int type) {
    return string("key " + key, key).u32("type of " + key, type);
  }

  GgufBytes array(String key, int itemType, long length) {
    return u32("item type of " + key, itemType).u64("length of " + key, length);
  }

  /** A description; {@code extents} innermost first. */
  GgufBytes tensor(String name, int type, long offset, long... extents) {
    string("name " + name, name).u32("rank of " + name, extents.length);
    for (int i = 0; i < extents.length; i++) {
      u64("extent " + i + " of " + name, extents[i]);
    }
    return u32("type of " + name, type).u64("offset of " + name, offset);
  }

  GgufBytes string(String name, String text) {
    byte[] utf8 = text.getBytes(UTF_8);
    u64("length of " + name, utf8.length);
    bytes.put(utf8);
    return this;
  }

  GgufBytes u8(String name, int value) {
    fields.add(new Field(name, bytes.position(), 1));
    bytes.put((byte) value);
    return this;
  }

  GgufBytes u32(String name, int value) {
    fields.add(new Field(name, bytes.position(), Integer.BYTES));
    bytes.putInt(value);
    return this;
  }

  GgufBytes u64(String name, long value) {
    fields.add(new Field(name, bytes.position(), Long.BYTES));
    bytes.putLong(value);
    return this;
  }

  GgufBytes pad(int alignment) {
    bytes.put(new byte[(alignment - bytes.position() % alignment) % alignment]);
    return this;
  }

  /** Bytes of a tensor. */
  GgufBytes data(int size) {
    for (int i = 0; i < size; i++) {
      bytes.put((byte) i);
    }
    return this;
  }

  /** The same file with another value in the field of this name. */
  byte[] with(String field, long value) {
    return with(field(field), value);
  }

  byte[] with(Field field, long value) {
    ByteBuffer changed = ByteBuffer.wrap(toArray()).order(ByteOrder.LITTLE_ENDIAN);
    switch (field.size) {
      case 1 -> changed.put(field.offset, (byte) value);
      case Integer.BYTES -> changed.putInt(field.offset, (int) value);
      default -> changed.putLong(field.offset, value);
    }
    return changed.array();
  }

  /** The same file with another byte {@code distance} after the start of a field. */
  byte[] withByteAfter(String field, int distance, int value) {
    byte[] changed = toArray();
    changed[field(field).offset + distance] = (byte) value;
    return changed;
  }

  /** The file up to the end of the field of this name. */
  byte[] cutAfter(String field) {
    return cut(field(field).offset + field(field).size);
  }

  byte[] cut(int length) {
    return Arrays.copyOf(toArray(), length);
  }

  List<Field> fields() {
    return fields;
  }

  Field field(String name) {
    return fields.stream().filter(f -> f.name.equals(name)).findFirst().orElseThrow();
  }

  byte[] toArray() {
    return Arrays.copyOf(bytes.array(), bytes.position());
  }

  MemorySegment toSegment() {
    return MemorySegment.ofArray(toArray());
  }
}
