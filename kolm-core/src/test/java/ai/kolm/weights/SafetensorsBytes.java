package ai.kolm.weights;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Safetensors files made from a header, right or wrong, and bytes of data 0, 1, 2, ... */
final class SafetensorsBytes {
  /** A small valid file with tensors kolm reads and tensors it does not. */
  static final String TINY =
      """
      {"__metadata__":{"format":"pt","note":"a, b"},
      "norm":{"dtype":"F32","shape":[3],"data_offsets":[8,20]},
      "ids":{"dtype":"I64","shape":[1,1],"data_offsets":[0,8]},
      "half":{"dtype":"F16","shape":[2,2,2],"data_offsets":[20,36]},
      "brain":{"dtype":"BF16","shape":[1,4],"data_offsets":[36,44]},
      "scalar":{"dtype":"F32","shape":[],"data_offsets":[44,48]},
      "none":{"dtype":"F32","shape":[0,7],"data_offsets":[48,48]},
      "fours":{"dtype":"F4","shape":[4],"data_offsets":[48,50]}}\s\s""";

  static final int TINY_DATA = 50;

  private SafetensorsBytes() {}

  static byte[] tiny() {
    return of(TINY, TINY_DATA);
  }

  /** The tiny file with one piece of its header replaced. */
  static byte[] tinyWith(String old, String replacement) {
    if (!TINY.contains(old)) {
      throw new IllegalArgumentException(old);
    }
    return of(TINY.replace(old, replacement), TINY_DATA);
  }

  static byte[] of(String header, int dataBytes) {
    return of(header.getBytes(UTF_8), dataBytes);
  }

  static byte[] of(byte[] header, int dataBytes) {
    return withLength(header.length, header, dataBytes);
  }

  /** A file that says its header has {@code length} bytes. */
  static byte[] withLength(long length, byte[] header, int dataBytes) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Long.BYTES + header.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(length).put(header);
    for (int i = 0; i < dataBytes; i++) {
      bytes.put((byte) i);
    }
    return bytes.array();
  }

  static MemorySegment segment(String header, int dataBytes) {
    return MemorySegment.ofArray(of(header, dataBytes));
  }
}
