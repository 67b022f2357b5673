package ai.kolm.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;

/** Bytes that grow. For one thread. */
final class ByteBuilder {
  private byte[] bytes;
  private int size;

  ByteBuilder(int capacity) {
    bytes = new byte[Math.max(16, capacity)];
  }

  int size() {
    return size;
  }

  ByteBuilder append(byte[] source, int from, int to) {
    int length = to - from;
    reserve(length);
    System.arraycopy(source, from, bytes, size, length);
    size += length;
    return this;
  }

  ByteBuilder append(byte[] source) {
    return append(source, 0, source.length);
  }

  ByteBuilder append(int value) {
    reserve(1);
    bytes[size++] = (byte) value;
    return this;
  }

  private void reserve(int more) {
    if (size + more > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(size + more, 2 * bytes.length));
    }
  }

  /** As text; what is ill-formed shows as U+FFFD. */
  String text() {
    return new String(bytes, 0, size, UTF_8);
  }

  byte[] toArray() {
    return Arrays.copyOf(bytes, size);
  }

  /** The bytes themselves, to be read up to {@link #size()} and while nothing is added. */
  byte[] array() {
    return bytes;
  }
}
