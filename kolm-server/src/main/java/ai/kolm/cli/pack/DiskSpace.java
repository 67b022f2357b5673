package ai.kolm.cli.pack;

import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.cli.console.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Says before the work what would otherwise fail after it. */
public final class DiskSpace {
  private static final long SPARE_BYTES = 16 << 20;

  private DiskSpace() {}

  /**
   * Makes the directory of a file, and refuses if there is no space in it.
   *
   * @param bytes of the file
   * @throws CommandException {@code EXECUTION} with both numbers
   */
  public static void require(Path file, long bytes) throws IOException {
    Path absolute = file.toAbsolutePath();
    Path directory = Optional.ofNullable(absolute.getParent()).orElse(absolute);
    Files.createDirectories(directory);
    require(directory, bytes, Files.getFileStore(directory).getUsableSpace());
  }

  static void require(Path directory, long bytes, long free) {
    long needed = bytes + SPARE_BYTES;
    if (free < needed) {
      throw new CommandException(
          ExitCode.EXECUTION,
          "no space left in %s: the artifact needs %s, %s are free"
              .formatted(directory, Progress.size(needed), Progress.size(free)));
    }
  }
}
