package ai.kolm.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.cli.console.Suggestions;
import ai.kolm.cli.settings.KolmHome;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/** The artifacts that can be named without a path: the files of one directory. */
final class ArtifactStore {
  /** How the file of an artifact ends. */
  static final String SUFFIX = ".kolm";

  private static final String LOCK = ".lock";

  private final KolmHome home;

  ArtifactStore(KolmHome home) {
    this.home = home;
  }

  /** The artifacts by name, in order. */
  List<Path> list() throws IOException {
    try (Stream<Path> files = Files.list(home.artifacts())) {
      return files
          .filter(file -> file.getFileName().toString().endsWith(SUFFIX))
          .filter(file -> !file.getFileName().toString().startsWith("."))
          .sorted()
          .toList();
    } catch (NoSuchFileException | NotDirectoryException e) {
      return List.of();
    }
  }

  /**
   * Locks the store for writing, until the lock is closed.
   *
   * @throws CommandException if another process has it
   */
  Lock lock() throws IOException {
    Files.createDirectories(home.artifacts());
    Path file = home.artifacts().resolve(LOCK);
    FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    boolean locked = false;
    try {
      locked = channel.tryLock() != null;
      if (!locked) {
        throw new CommandException(
            ExitCode.PREREQUISITE,
            "process %s is writing to %s; try again when it is done"
                .formatted(Files.readString(file).strip(), home.artifacts()));
      }
      channel.truncate(0);
      channel.write(ByteBuffer.wrap(Long.toString(ProcessHandle.current().pid()).getBytes(UTF_8)));
      return new Lock(channel);
    } finally {
      if (!locked) {
        channel.close();
      }
    }
  }

  /** The right to write to the store. */
  record Lock(FileChannel channel) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      channel.close();
    }
  }

  /** The name of an artifact: that of its file, without the suffix. */
  static String name(Path file) {
    String name = String.valueOf(file.getFileName());
    return name.endsWith(SUFFIX) ? name.substring(0, name.length() - SUFFIX.length()) : name;
  }

  /** Where an artifact called {@code name} is, or would be. */
  Path file(String name) {
    return home.artifacts().resolve(name.endsWith(SUFFIX) ? name : name + SUFFIX);
  }

  /**
   * The model that a user means: a path, or the name of an artifact with or without its suffix.
   *
   * @throws CommandException if there is none
   */
  Path find(String model) throws IOException {
    Path path = home.expand(model);
    if (Files.exists(path)) {
      return path;
    }
    boolean isName = !model.contains("/") && !model.contains("\\");
    if (isName && Files.exists(file(model))) {
      return file(model);
    }
    List<String> known = list().stream().map(ArtifactStore::name).toList();
    String there =
        known.isEmpty() ? "there are none yet" : "there are: " + String.join(", ", known);
    throw new CommandException(
        ExitCode.NOT_FOUND,
        isName
            ? "no model is called %s%s (%s in %s)"
                .formatted(model, Suggestions.didYouMean(model, known), there, home.artifacts())
            : "no model is at " + model);
  }
}
