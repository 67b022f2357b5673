package ai.kolm.cli.pull;

import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.cli.console.Suggestions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Models that Hugging Face programs have on this machine: {@code
 * hub/models--ORG--NAME/snapshots/COMMIT/}, where {@code refs/main} says which commit is current.
 * Only read.
 */
final class HuggingFaceCache {
  private static final String PART = "[A-Za-z0-9][A-Za-z0-9._-]{0,127}";
  private static final Pattern NAME =
      Pattern.compile(
          "(?<org>%s)/(?<name>%s)(?:/(?<file>%s\\.gguf))?(?:@(?<revision>[A-Za-z0-9][A-Za-z0-9._/-]*))?"
              .formatted(PART, PART, PART));
  private static final String PREFIX = "models--";

  private final Path hub;

  /**
   * @param home the directory that HF_HOME means
   */
  HuggingFaceCache(Path home) {
    hub = home.resolve("hub");
  }

  /**
   * The cached model {@code ORG/NAME}, at a revision with {@code @REVISION}; one of several GGUF
   * files with {@code ORG/NAME/FILE.gguf}.
   *
   * @throws CommandException if it is not there, or one that cannot be used
   */
  FoundModel find(String reference) throws IOException {
    Matcher name = NAME.matcher(reference);
    if (!name.matches() || reference.contains("..")) {
      throw new CommandException(
          ExitCode.REFUSED,
          "hf:%s: expected hf:ORG/NAME, hf:ORG/NAME@REVISION or hf:ORG/NAME/FILE.gguf"
              .formatted(reference));
    }
    Path snapshot = snapshot(reference, name);
    Path path =
        Files.exists(snapshot.resolve("config.json")) && name.group("file") == null
            ? snapshot
            : gguf(reference, name, snapshot);
    String title = path.equals(snapshot) ? name.group("name") : path.getFileName().toString();
    Optional<Licence> licence = ModelCard.licence(snapshot.resolve("README.md"));
    return new FoundModel(path, FoundModel.nameOf(title), licence, Optional.empty());
  }

  private Path snapshot(String reference, Matcher name) throws IOException {
    Path folder = hub.resolve(PREFIX + name.group("org") + "--" + name.group("name"));
    if (!Files.isDirectory(folder)) {
      List<String> known = known();
      throw new CommandException(
          ExitCode.NOT_FOUND,
          "there is no %s/%s in %s%s"
              .formatted(
                  name.group("org"),
                  name.group("name"),
                  hub,
                  Suggestions.didYouMean(reference, known)));
    }
    String revision = name.group("revision") == null ? "main" : name.group("revision");
    Path ref = folder.resolve("refs").resolve(revision);
    String commit = Files.isRegularFile(ref) ? Files.readString(ref).strip() : revision;
    Path snapshot = folder.resolve("snapshots").resolve(commit);
    if (!commit.matches("[A-Za-z0-9._-]+")
        || commit.contains("..")
        || !Files.isDirectory(snapshot)) {
      throw new CommandException(
          ExitCode.NOT_FOUND,
          "hf:%s: revision %s is not in %s".formatted(reference, revision, folder));
    }
    return snapshot;
  }

  private List<String> known() throws IOException {
    try (Stream<Path> folders = Files.list(hub)) {
      return folders
          .map(folder -> folder.getFileName().toString())
          .filter(folder -> folder.startsWith(PREFIX))
          .map(folder -> folder.substring(PREFIX.length()).replaceFirst("--", "/"))
          .sorted()
          .toList();
    } catch (NoSuchFileException e) {
      return List.of();
    }
  }

  private static Path gguf(String reference, Matcher name, Path snapshot) throws IOException {
    String file = name.group("file");
    if (file != null) {
      Path path = snapshot.resolve(file);
      if (!Files.isRegularFile(path)) {
        throw new CommandException(
            ExitCode.NOT_FOUND, "hf:%s: there is no %s in %s".formatted(reference, file, snapshot));
      }
      return path;
    }
    List<Path> files;
    try (Stream<Path> list = Files.list(snapshot)) {
      files = list.filter(path -> path.toString().endsWith(".gguf")).sorted().toList();
    }
    if (files.size() == 1) {
      return files.getFirst();
    }
    throw new CommandException(
        files.isEmpty() ? ExitCode.NOT_FOUND : ExitCode.REFUSED,
        files.isEmpty()
            ? "hf:%s: %s has neither config.json nor a .gguf file: it is not downloaded completely"
                .formatted(reference, snapshot)
            : "hf:%s has %d GGUF files; name one, for example hf:%s/%s/%s"
                .formatted(
                    reference,
                    files.size(),
                    name.group("org"),
                    name.group("name"),
                    files.getFirst().getFileName()));
  }
}
