package ai.kolm.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import org.jspecify.annotations.Nullable;

/**
 * Which file stands at a place, and whether somebody wrote to it.
 *
 * @param key tells files apart; {@code null} where the system cannot
 * @param size in bytes
 * @param modified when it was written last
 */
public record FileStamp(@Nullable Object key, long size, FileTime modified) {

  /** The stamp of what is at {@code file} now. */
  public static FileStamp of(Path file) throws IOException {
    BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
    return new FileStamp(attributes.fileKey(), attributes.size(), attributes.lastModifiedTime());
  }

  /**
   * Whether {@code later} is this very file with other content: what is mapped of it has changed
   * under its reader. A file that was put in its place leaves the mapped one as it was.
   */
  boolean overwrittenBy(FileStamp later) {
    boolean same = key == null || key.equals(later.key);
    return same && (size != later.size || !modified.equals(later.modified));
  }
}
