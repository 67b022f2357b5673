package ai.kolm.artifact;

import ai.kolm.artifact.ArtifactException.Code;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Looks whether weight entries start as their format does. The rest is for their parsers. */
final class WeightMagic {
  private static final int GGUF = 'G' | 'G' << 8 | 'U' << 16 | 'F' << 24;
  private static final long MAX_SAFETENSORS_HEADER = 16L << 20;
  private static final int BYTES = 9;

  private WeightMagic() {}

  static void check(Container container, String name, WeightFormat format)
      throws IOException, ArtifactException {
    ContainerEntry entry = container.entry(name);
    ByteBuffer start = ContainerFormat.allocate((int) Math.min(BYTES, entry.size()));
    container.read(start, entry.offset());
    start.flip();
    boolean fits =
        start.limit() == BYTES
            && switch (format) {
              case GGUF -> isGguf(start);
              case SAFETENSORS -> isSafetensors(start, entry.size());
            };
    if (!fits) {
      throw container
          .faults()
          .of(
              Code.WEIGHTS_FORMAT,
              "entry " + name,
              "first bytes",
              switch (format) {
                case GGUF -> "GGUF, version 2 or 3";
                case SAFETENSORS -> "a safetensors header of at most 16 MiB";
              },
              "something else");
    }
  }

  private static boolean isGguf(ByteBuffer start) {
    int version = start.getInt(4);
    return start.getInt(0) == GGUF && (version == 2 || version == 3);
  }

  private static boolean isSafetensors(ByteBuffer start, long size) {
    long header = start.getLong(0);
    return header > 0
        && header <= Math.min(MAX_SAFETENSORS_HEADER, size - Long.BYTES)
        && start.get(Long.BYTES) == '{';
  }
}
