package ai.kolm.weights;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Reads little-endian fields from bytes one after the other. Every length is checked against the
 * bytes that are left before it is used; what does not fit is refused with its place.
 */
final class SegmentReader {
  static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** How many bytes are copied at a time, to be read from an array. */
  private static final int WINDOW = 1 << 16;

  /** How many bytes are waited for at a time. */
  private static final long STEP = 1 << 20;

  private final MemorySegment bytes;
  private final String file;
  private final Arrival arrival;
  private long position;
  private long arrived;

  /** Bytes from {@link #windowStart} on: a description has many small fields. */
  private byte[] window = {};

  private long windowStart;

  /**
   * @param file what the bytes are called in messages
   * @param arrival is waited for before bytes are read
   */
  SegmentReader(MemorySegment bytes, String file, Arrival arrival) {
    this.bytes = bytes.asReadOnly();
    this.file = file;
    this.arrival = arrival;
  }

  long position() {
    return position;
  }

  /** Bytes of the file. */
  long size() {
    return bytes.byteSize();
  }

  /** Bytes after the position. */
  long remaining() {
    return size() - position;
  }

  /** An unsigned 32-bit number. */
  long u32(String what) throws ModelFormatException {
    return number(skip(Integer.BYTES, what), Integer.BYTES);
  }

  /** An unsigned 64-bit number, as its bits. */
  long u64(String what) throws ModelFormatException {
    return number(skip(Long.BYTES, what), Long.BYTES);
  }

  /** The number of {@code size} bytes at {@code from}. */
  private long number(long from, int size) {
    if (from < windowStart || from + size > windowStart + window.length) {
      long end = Math.min(arrived, from + WINDOW);
      window = bytes.asSlice(from, end - from).toArray(ValueLayout.JAVA_BYTE);
      windowStart = from;
    }
    int first = (int) (from - windowStart);
    long number = 0;
    for (int i = size - 1; i >= 0; i--) {
      number = number << Byte.SIZE | (window[first + i] & 0xFF);
    }
    return number;
  }

  /**
   * An unsigned 64-bit number of things to follow.
   *
   * @param limit how many there may be
   * @param minimumBytes what one takes at least
   */
  int count(String what, int limit, int minimumBytes) throws ModelFormatException {
    long at = position;
    long count = u64(what);
    if (Long.compareUnsigned(count, limit) > 0) {
      throw fault(
          at,
          "%s: %s declared, at most %d allowed"
              .formatted(what, Long.toUnsignedString(count), limit));
    }
    if (count * minimumBytes > remaining()) {
      throw fault(
          at,
          "%s: %d declared, of at least %d bytes each, but %d bytes are left"
              .formatted(what, count, minimumBytes, remaining()));
    }
    return (int) count;
  }

  /** A string: its length in bytes as an unsigned 64-bit number, then the bytes. */
  MemorySegment string(String what, int limit) throws ModelFormatException {
    int length = count(what, limit, 1);
    return slice(skip(length, what), length);
  }

  /**
   * Passes over the next {@code size} bytes.
   *
   * @return where they start
   */
  long skip(long size, String what) throws ModelFormatException {
    if (size > remaining()) {
      throw fault(
          position,
          "%s: expected %d bytes, but the file ends after %d".formatted(what, size, remaining()));
    }
    long from = position;
    position += size;
    if (position > arrived) {
      long end = Math.min(size(), Math.max(position, arrived + STEP));
      arrival.await(bytes.asSlice(arrived, end - arrived));
      arrived = end;
    }
    return from;
  }

  /** Bytes anywhere in the file; the position does not matter. */
  MemorySegment slice(long from, long size) {
    return bytes.asSlice(from, size);
  }

  ModelFormatException fault(long at, String message) {
    return new ModelFormatException(file, at, message);
  }
}
