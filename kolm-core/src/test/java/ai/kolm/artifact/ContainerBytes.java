package ai.kolm.artifact;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.zip.CRC32;

/**
 * Builds containers without any code of the product, and with any one defect. Small ones as a
 * whole; of large ones the parts around the data.
 */
final class ContainerBytes {
  static final int ALIGNMENT = 4096;

  /** An entry of which the data may be somewhere else. */
  record Entry(String name, byte[] data, long size, int crc) {
    static Entry of(String name, byte[] data) {
      CRC32 crc = new CRC32();
      crc.update(data);
      return new Entry(name, data, data.length, (int) crc.getValue());
    }
  }

  private final List<Entry> entries = new ArrayList<>();
  int method;
  int flags;
  int align = ALIGNMENT;
  int fill;
  int crcXor;
  String comment = "";
  UnaryOperator<String> directoryName = name -> name;

  ContainerBytes add(String name, byte[] data) {
    entries.add(Entry.of(name, data));
    return this;
  }

  ContainerBytes add(Entry entry) {
    entries.add(entry);
    return this;
  }

  /** What is before the data of each entry, and last the directory with all behind it. */
  List<byte[]> structure() {
    List<byte[]> parts = new ArrayList<>();
    ByteArrayOutputStream directory = new ByteArrayOutputStream();
    boolean zip64 = false;
    long offset = 0;
    for (Entry entry : entries) {
      zip64 |= entry.size >= 0xFFFFFFFFL || offset >= 0xFFFFFFFFL;
      byte[] header = localHeader(entry, offset);
      parts.add(header);
      offset += header.length + entry.size;
    }
    zip64 |= offset >= 0xFFFFFFFFL;
    long at = 0;
    for (int i = 0; i < entries.size(); i++) {
      directory.writeBytes(record(entries.get(i), at, zip64));
      at += parts.get(i).length + entries.get(i).size;
    }
    parts.add(end(directory, offset, zip64));
    return parts;
  }

  byte[] toArray() {
    List<byte[]> parts = structure();
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (int i = 0; i < entries.size(); i++) {
      all.writeBytes(parts.get(i));
      all.writeBytes(entries.get(i).data);
    }
    all.writeBytes(parts.getLast());
    return all.toByteArray();
  }

  private byte[] localHeader(Entry entry, long offset) {
    boolean wide = entry.size >= 0xFFFFFFFFL;
    int extras = wide ? 26 : 6;
    int fixed = 30 + entry.name.length() + extras;
    int padding = (int) Math.floorMod(-(offset + fixed), (long) align);
    ByteBuffer out = allocate(fixed + padding).putInt(0x04034b50).putShort(u16(wide ? 45 : 10));
    common(out, entry, extras + padding, entry.name.length()).put(bytes(entry.name));
    if (wide) {
      out.putShort(u16(1)).putShort(u16(16)).putLong(entry.size).putLong(entry.size);
    }
    out.putShort(u16(0xA11E)).putShort(u16(2 + padding)).putShort(u16(ALIGNMENT));
    while (out.hasRemaining()) {
      out.put((byte) fill);
    }
    return copy(out);
  }

  private byte[] record(Entry entry, long offset, boolean zip64) {
    ByteBuffer wide = allocate(28);
    if (entry.size >= 0xFFFFFFFFL) {
      wide.putLong(entry.size).putLong(entry.size);
    }
    if (offset >= 0xFFFFFFFFL) {
      wide.putLong(offset);
    }
    int wideBytes = wide.position();
    int extras = (wideBytes > 0 ? 4 + wideBytes : 0) + 6;
    String name = directoryName.apply(entry.name);
    ByteBuffer out = allocate(46 + name.length() + extras).putInt(0x02014b50);
    out.putShort(u16(zip64 ? 45 : 20)).putShort(u16(wideBytes > 0 ? 45 : 10));
    common(out, entry, extras, name.length());
    out.putLong(0).putShort((short) 0);
    out.putInt((int) Math.min(offset, 0xFFFFFFFFL)).put(bytes(name));
    if (wideBytes > 0) {
      out.putShort(u16(1)).putShort(u16(wideBytes)).put(wide.flip());
    }
    out.putShort(u16(0xA11E)).putShort(u16(2)).putShort(u16(ALIGNMENT));
    return copy(out);
  }

  private ByteBuffer common(ByteBuffer out, Entry entry, int extras, int nameLength) {
    int size = (int) Math.min(entry.size, 0xFFFFFFFFL);
    out.putShort(u16(flags)).putShort(u16(method)).putShort((short) 0).putShort(u16(0x21));
    out.putInt(entry.crc ^ crcXor).putInt(size).putInt(size);
    return out.putShort(u16(nameLength)).putShort(u16(extras));
  }

  private byte[] end(ByteArrayOutputStream directory, long offset, boolean zip64) {
    int size = directory.size();
    ByteBuffer out = allocate(size + (zip64 ? 76 : 0) + 22 + comment.length());
    out.put(directory.toByteArray());
    if (zip64) {
      out.putInt(0x06064b50).putLong(44).putShort(u16(45)).putShort(u16(45)).putLong(0);
      out.putLong(entries.size()).putLong(entries.size()).putLong(size).putLong(offset);
      out.putInt(0x07064b50).putInt(0).putLong(offset + size).putInt(1);
    }
    out.putInt(0x06054b50).putInt(0).putShort(u16(entries.size())).putShort(u16(entries.size()));
    out.putInt(size).putInt((int) Math.min(offset, 0xFFFFFFFFL));
    out.putShort(u16(comment.length())).put(bytes(comment));
    return copy(out);
  }

  private static ByteBuffer allocate(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static byte[] copy(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.capacity()];
    buffer.get(0, bytes);
    return bytes;
  }

  private static short u16(int value) {
    return (short) value;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(ISO_8859_1);
  }
}
