package ai.kolm.weights;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Maps whole files, read-only. */
final class MappedFile {

  private MappedFile() {}

  /**
   * Another file of the model that {@code first} belongs to, in the same folder.
   *
   * @throws ModelFormatException if there is no such file
   */
  static MemorySegment mapOther(Path first, String other, Arena arena)
      throws IOException, ModelFormatException {
    Path path = first.resolveSibling(other);
    if (!Files.exists(path)) {
      throw new ModelFormatException(
          String.valueOf(first.getFileName()), "the model's file " + other + " is missing");
    }
    return map(path, arena);
  }

  static MemorySegment map(Path file, Arena arena) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return channel.map(MapMode.READ_ONLY, 0, channel.size(), arena);
    }
  }
}
