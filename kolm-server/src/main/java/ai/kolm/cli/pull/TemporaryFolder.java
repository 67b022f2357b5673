package ai.kolm.cli.pull;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A folder for half-done things. It is deleted when it is closed and when the process ends, also by
 * Ctrl-C; its name tells the process, so that what a killed one left is deleted by the next.
 */
public final class TemporaryFolder implements AutoCloseable {
  private static final Pattern NAME = Pattern.compile("pull-(\\d{1,18})-.*");

  private final Path path;
  private final Thread atExit;

  private TemporaryFolder(Path path) {
    this.path = path;
    atExit = new Thread(() -> delete(path), "kolm-delete-temporary");
  }

  /**
   * A new folder in {@code parent}, which is created if need be. Folders of processes that are gone
   * are deleted.
   */
  public static TemporaryFolder in(Path parent) throws IOException {
    Files.createDirectories(parent);
    sweep(parent);
    String prefix = "pull-" + ProcessHandle.current().pid() + "-";
    TemporaryFolder folder = new TemporaryFolder(Files.createTempDirectory(parent, prefix));
    Runtime.getRuntime().addShutdownHook(folder.atExit);
    return folder;
  }

  private static void sweep(Path parent) throws IOException {
    List<Path> children;
    try (Stream<Path> list = Files.list(parent)) {
      children = list.toList();
    }
    for (Path child : children) {
      Matcher name = NAME.matcher(child.getFileName().toString());
      if (name.matches() && ProcessHandle.of(Long.parseLong(name.group(1))).isEmpty()) {
        delete(child);
      }
    }
  }

  /** Where it is. */
  public Path path() {
    return path;
  }

  @Override
  public void close() {
    delete(path);
    try {
      Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException e) {
      // The process is ending: the hook does the same once more.
    }
  }

  /** Deletes what it can; another process may be doing the same, or still writing. */
  private static void delete(Path folder) {
    try {
      Files.walkFileTree(
          folder,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              Files.deleteIfExists(file);
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
              if (e instanceof NoSuchFileException) {
                return FileVisitResult.CONTINUE;
              }
              throw e;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e)
                throws IOException {
              Files.deleteIfExists(directory);
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException | UncheckedIOException e) {
      // Left for the next sweep.
    }
  }
}
