package ai.kolm.artifact;

/**
 * What an artifact may cost to open. Each number of a file is checked against these before anything
 * of its size is allocated. The defaults are the limits of the format; a reader may set lower ones.
 *
 * @param fileBytes length of the file, default 1 TiB
 * @param entries number of entries, default 1,024
 * @param directoryBytes length of the directory of entries, default 1 MiB
 * @param manifestBytes length of the manifest, default 1 MiB; costs some ten times that in memory
 *     while it is read
 */
public record ArtifactLimits(long fileBytes, int entries, int directoryBytes, int manifestBytes) {
  /** The limits of the format. */
  public static final ArtifactLimits DEFAULT =
      new ArtifactLimits(1L << 40, 1_024, 1 << 20, 1 << 20);

  /** Checks that each limit is positive and none is above that of the format. */
  public ArtifactLimits {
    check(fileBytes, 1L << 40);
    check(entries, 1_024);
    check(directoryBytes, 1 << 20);
    check(manifestBytes, 1 << 20);
  }

  private static void check(long limit, long most) {
    if (limit < 1 || limit > most) {
      throw new IllegalArgumentException(
          "a limit must be between 1 and %d, got %d".formatted(most, limit));
    }
  }
}
