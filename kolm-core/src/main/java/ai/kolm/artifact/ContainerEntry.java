package ai.kolm.artifact;

/**
 * An entry of a container.
 *
 * @param name relative, lower case, segments separated by slashes
 * @param offset where its data starts in the file, in bytes
 * @param size of its data, in bytes
 * @param crc the CRC-32 that the container declares
 */
public record ContainerEntry(String name, long offset, long size, int crc) {

  /** Checks that offset and size are not negative. */
  public ContainerEntry {
    if (offset < 0 || size < 0) {
      throw new IllegalArgumentException(name + ": offset " + offset + ", size " + size);
    }
  }

  /** The first byte behind the data. */
  long end() {
    return Math.addExact(offset, size);
  }
}
