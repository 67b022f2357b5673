package ai.kolm.server;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * A file system that can be filled up: {@code mount -t tmpfs -o size=32m tmpfs DIR}, and {@code
 * -Dkolm.small.disk=DIR}. Without it, tests that need one are skipped, and say so.
 */
public final class SmallDisk {
  /** What space comes in. */
  public static final int PAGE = 4096;

  private static final long LARGEST = 256L << 20;

  private final Path root;
  private final Path filler;

  private SmallDisk(Path root) {
    this.root = root;
    filler = root.resolve("filler");
  }

  /** The one that was named, emptied. */
  public static SmallDisk find() throws IOException {
    String named = System.getProperty("kolm.small.disk");
    assumeTrue(named != null, "no -Dkolm.small.disk=DIR: nothing can be filled up");
    SmallDisk disk = new SmallDisk(Path.of(named));
    long size = disk.store().getTotalSpace();
    assumeTrue(size <= LARGEST, named + " is too large to be filled up: " + size);
    disk.clear();
    return disk;
  }

  /** Where it is. */
  public Path root() {
    return root;
  }

  private FileStore store() throws IOException {
    return Files.getFileStore(root);
  }

  /** Leaves so many pages free. */
  public void fill(int pagesFree) throws IOException {
    Files.deleteIfExists(filler);
    long pages = store().getUsableSpace() / PAGE - pagesFree;
    try (OutputStream out = Files.newOutputStream(filler)) {
      for (long i = 0; i < pages; i++) {
        out.write(new byte[PAGE]);
      }
    }
  }

  /** Gives the space back. */
  public void free() throws IOException {
    Files.deleteIfExists(filler);
  }

  /** Deletes all there is. */
  public void clear() throws IOException {
    delete(root);
  }

  /** Deletes what is in a directory. */
  public static void delete(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return;
    }
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        if (!file.equals(directory)) {
          Files.delete(file);
        }
      }
    }
  }
}
