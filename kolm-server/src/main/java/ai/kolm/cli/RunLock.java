package ai.kolm.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.ExitCode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The right to work in the directory of a run.
 *
 * @param channel holds the lock
 */
record RunLock(FileChannel channel) implements AutoCloseable {

  /**
   * Takes it; makes the directory if there is none.
   *
   * @throws CommandException if another process has it
   */
  static RunLock of(Path directory) throws IOException {
    Files.createDirectories(directory);
    Path file = directory.resolve(".lock");
    FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    boolean locked = false;
    try {
      locked = channel.tryLock() != null;
      if (!locked) {
        throw taken(directory, Files.readString(file).strip());
      }
      channel.truncate(0);
      channel.write(ByteBuffer.wrap(Long.toString(ProcessHandle.current().pid()).getBytes(UTF_8)));
      return new RunLock(channel);
    } catch (OverlappingFileLockException e) {
      throw taken(directory, "of this command");
    } finally {
      if (!locked) {
        channel.close();
      }
    }
  }

  private static CommandException taken(Path directory, String holder) {
    return new CommandException(
        ExitCode.PREREQUISITE,
        "process %s is working on %s".formatted(holder, directory.getFileName()));
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
