package ai.kolm.cli.pull;

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
 */
public record FoundModel(
    Path path, String name, Optional<Licence> licence, Optional<String> sha256) {

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
