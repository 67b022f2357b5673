package ai.kolm.cli.pull;

import ai.kolm.artifact.Manifest;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * A model that is here as a file or directory, ready to be packed.
 *
 * @param path a {@code .gguf} file, or a Hugging Face directory
 * @param name what to call it unless the user says otherwise; fit for a file name
 * @param licence what its source says, besides what the file itself may say
 * @param sha256 of the file, where it has been checked
 * @param recommended how to sample, where its source says so and the file does not
 */
public record FoundModel(
    Path path,
    String name,
    Optional<Licence> licence,
    Optional<String> sha256,
    Optional<Manifest.Defaults> recommended) {

  /** A model whose source says nothing about sampling. */
  FoundModel(Path path, String name, Optional<Licence> licence, Optional<String> sha256) {
    this(path, name, licence, sha256, Optional.empty());
  }

  /** The name of a file or repository in the form that artifacts are called. */
  static String nameOf(String text) {
    String name =
        text.replaceFirst("(?i)\\.gguf$", "")
            .replaceFirst("-00001-of-\\d{5}$", "")
            .toLowerCase(Locale.ROOT)
            .replaceAll("[^a-z0-9._-]+", "-")
            .replaceAll("^[.-]+|[.-]+$", "");
    return name.isEmpty() ? "model" : name;
  }
}
