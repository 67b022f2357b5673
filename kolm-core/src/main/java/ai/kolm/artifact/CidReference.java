package ai.kolm.artifact;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Another artifact, named by what it contains.
 *
 * @param cid its content identifier
 * @param file the name under which it is looked for first
 */
public record CidReference(Cid cid, Optional<String> file) {
  private static final Pattern FILE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}\\.kolm");

  /**
   * @throws IllegalArgumentException if {@code file} is no plain name that ends in {@code .kolm}
   */
  public CidReference {
    file.ifPresent(name -> ManifestChecks.form("file", name, FILE));
  }
}
