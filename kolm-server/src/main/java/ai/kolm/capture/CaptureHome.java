package ai.kolm.capture;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Where captures are.
 *
 * @param root the directory of kolm
 * @param passphrase says the passphrases of namespaces that have one
 */
public record CaptureHome(Path root, Passphrase passphrase) {
  static final String META = "meta.json";

  /** Without passphrases. */
  public CaptureHome(Path root) {
    this(root, Passphrase.NONE);
  }

  /** The master key. */
  Path keyFile() {
    return root.resolve("capture-key");
  }

  /**
   * The key that the data key of a namespace is wrapped by.
   *
   * @throws CaptureException {@code KEY} if it is not there
   */
  byte[] master(NamespaceMeta meta) throws IOException, CaptureException {
    Optional<PassphraseKey> scrypt = meta.passphrase();
    return scrypt.isPresent()
        ? scrypt.get().master(passphrase.of(meta.name(), false))
        : CaptureKey.read(keyFile());
  }

  /** All namespaces. */
  public Path captures() {
    return root.resolve("captures");
  }

  /**
   * The directory of a namespace.
   *
   * @throws IllegalArgumentException if the text cannot name one
   */
  public Path namespace(String name) {
    if (!CaptureTags.isName(name)) {
      throw new IllegalArgumentException(
          "a namespace has 1 to 64 of a-z 0-9 . _ - and begins with a letter or digit, got \"%s\""
              .formatted(name));
    }
    return captures().resolve(name);
  }

  /** What is known of a namespace besides its records; empty if there is none. */
  public Optional<NamespaceMeta> meta(String name) throws IOException, CaptureException {
    Path directory = namespace(name);
    return Files.exists(directory.resolve(META))
        ? Optional.of(NamespaceMeta.read(directory))
        : Optional.empty();
  }

  /** The names of all namespaces, in order. */
  public List<String> namespaces() throws IOException {
    try (Stream<Path> directories = Files.list(captures())) {
      return directories
          .filter(directory -> Files.exists(directory.resolve(META)))
          .map(directory -> String.valueOf(directory.getFileName()))
          .sorted()
          .toList();
    } catch (NoSuchFileException e) {
      return List.of();
    }
  }
}
