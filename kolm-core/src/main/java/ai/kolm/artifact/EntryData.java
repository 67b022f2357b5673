package ai.kolm.artifact;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/** The bytes of an entry that is to be packed. They are read twice: to hash and to write them. */
public sealed interface EntryData {

  /** How many bytes there are. */
  long size();

  /**
   * Bytes in memory or in a mapped file. They are hashed by several threads.
   *
   * @param bytes must not change until they are packed
   */
  record Bytes(MemorySegment bytes) implements EntryData {
    /** Makes the bytes read-only. */
    public Bytes {
      bytes = bytes.asReadOnly();
    }

    @Override
    public long size() {
      return bytes.byteSize();
    }
  }

  /**
   * Bytes that are made when they are needed, for example by a {@link ai.kolm.weights.GgufWriter}.
   *
   * @param size how many there are
   * @param writer writes them; called twice, with the same result
   */
  record Streamed(long size, Writer writer) implements EntryData {
    /** Checks the size. */
    public Streamed {
      if (size < 0) {
        throw new IllegalArgumentException("size " + size);
      }
    }
  }

  /** Writes the bytes of an entry. */
  @FunctionalInterface
  interface Writer {
    /**
     * Writes all of the bytes and no more.
     *
     * @throws IOException if {@code channel} does, or the bytes cannot be had
     */
    void writeTo(WritableByteChannel channel) throws IOException;
  }

  /** Bytes of an array; it must not be changed until they are packed. */
  static EntryData of(byte[] bytes) {
    return new Bytes(MemorySegment.ofArray(bytes));
  }

  /** Bytes of a segment; it must not be changed until they are packed. */
  static EntryData of(MemorySegment bytes) {
    return new Bytes(bytes);
  }

  /** Copies bytes of {@code from} into {@code into} until it is full. */
  static void copy(MemorySegment from, ByteBuffer into, long offset) throws IOException {
    try {
      MemorySegment.copy(from, offset, MemorySegment.ofBuffer(into), 0, into.remaining());
    } catch (InternalError e) {
      // How the JVM says that a page of a mapped file is gone.
      throw new IOException("the file was cut while it was read", e);
    }
    into.position(into.limit());
  }
}
