package ai.kolm.cli.pull;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.Console;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.cli.console.Progress;
import ai.kolm.cli.console.Suggestions;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Models that Ollama has on this machine. Its store is a directory of manifests, {@code
 * manifests/HOST/NAMESPACE/NAME/TAG}, each a list of layers, and one of files named by their
 * digest, {@code blobs/sha256-HEX}. Only read.
 */
final class OllamaStore {
  private static final String HOST = "registry.ollama.ai";
  private static final String NAMESPACE = "library";
  private static final String LAYER = "application/vnd.ollama.image.";
  private static final int MAX_MANIFEST_BYTES = 4 << 20;
  private static final int MAX_LICENCE_BYTES = 1 << 20;
  private static final String PART = "[A-Za-z0-9][A-Za-z0-9._-]{0,127}";
  private static final Pattern NAME =
      Pattern.compile(
          "(?:(?:(?<host>%s)/)?(?<namespace>%s)/)?(?<name>%s)(?::(?<tag>%s))?"
              .formatted(PART, PART, PART, PART));
  private static final Pattern DIGEST = Pattern.compile("sha256:([0-9a-f]{64})");

  private final Path root;
  private final Console console;

  OllamaStore(Path root, Console console) {
    this.root = root;
    this.console = console;
  }

  private record Layer(String kind, String sha256) {}

  /**
   * The model that Ollama calls {@code reference}, for example {@code qwen2.5:0.5b}. All of its
   * weights are read once, to check their digest.
   *
   * @throws CommandException if there is none, or one that cannot be used
   */
  FoundModel find(String reference) throws IOException {
    Matcher name = NAME.matcher(reference);
    if (!name.matches()) {
      throw new CommandException(
          ExitCode.REFUSED,
          "ollama:%s: expected ollama:NAME or ollama:NAME:TAG".formatted(reference));
    }
    List<Layer> layers = layers(reference, manifest(reference, name));
    for (Layer layer : layers) {
      if (List.of("adapter", "projector", "tensor").contains(layer.kind)) {
        throw new CommandException(
            ExitCode.REFUSED,
            "ollama:%s has a layer of kind %s; only models in one GGUF file can be taken"
                .formatted(reference, layer.kind));
      }
    }
    List<Layer> models = layers.stream().filter(layer -> layer.kind.equals("model")).toList();
    if (models.size() != 1) {
      throw new CommandException(
          ExitCode.REFUSED,
          "ollama:%s: expected one layer of kind model, got %d"
              .formatted(reference, models.size()));
    }
    Path weights = checkedBlob(reference, models.getFirst());
    String tag = tag(name);
    String title = name.group("name") + (tag.equals("latest") ? "" : "-" + tag);
    return new FoundModel(
        weights,
        FoundModel.nameOf(title),
        licence(layers, title),
        Optional.of(models.getFirst().sha256));
  }

  private static String tag(Matcher name) {
    return name.group("tag") == null ? "latest" : name.group("tag");
  }

  private Path manifest(String reference, Matcher name) throws IOException {
    String host = name.group("host") == null ? HOST : name.group("host");
    String namespace = name.group("namespace") == null ? NAMESPACE : name.group("namespace");
    Path folder =
        root.resolve("manifests").resolve(host).resolve(namespace).resolve(name.group("name"));
    Path manifest = folder.resolve(tag(name));
    if (!Files.isRegularFile(manifest)) {
      List<String> known = known();
      String hint =
          known.isEmpty()
              ? "; there are none"
              : Suggestions.didYouMean(reference, known)
                  + " There are: "
                  + String.join(", ", known);
      throw new CommandException(
          ExitCode.NOT_FOUND, "Ollama has no model %s in %s%s".formatted(reference, root, hint));
    }
    return manifest;
  }

  /** The models of the standard library, as users call them. */
  private List<String> known() throws IOException {
    Path library = root.resolve("manifests").resolve(HOST).resolve(NAMESPACE);
    try (Stream<Path> files = Files.walk(library, 2)) {
      return files
          .filter(Files::isRegularFile)
          .map(library::relativize)
          .filter(path -> path.getNameCount() == 2)
          .map(path -> path.getName(0) + ":" + path.getName(1))
          .sorted()
          .toList();
    } catch (NoSuchFileException e) {
      return List.of();
    }
  }

  private static List<Layer> layers(String reference, Path manifest) throws IOException {
    try {
      JsonLimits limits = JsonLimits.DEFAULT;
      JsonObject json = JsonReader.readObject(read(manifest, MAX_MANIFEST_BYTES), limits);
      List<Layer> layers = new ArrayList<>();
      for (JsonObject layer : json.objects("layers")) {
        String type = layer.string("mediaType");
        Matcher digest = DIGEST.matcher(layer.string("digest"));
        if (!digest.matches()) {
          throw new CommandException(
              ExitCode.REFUSED,
              "ollama:%s: manifest %s: expected a digest sha256:..., got \"%s\""
                  .formatted(reference, layer.at("digest"), layer.string("digest")));
        }
        String kind = type.startsWith(LAYER) ? type.substring(LAYER.length()) : type;
        layers.add(new Layer(kind, digest.group(1)));
      }
      return layers;
    } catch (JsonException e) {
      throw new CommandException(
          ExitCode.REFUSED,
          "ollama:%s: manifest %s: %s".formatted(reference, manifest, e.getMessage()),
          e);
    }
  }

  private Path blob(Layer layer) {
    return root.resolve("blobs").resolve("sha256-" + layer.sha256);
  }

  private Path checkedBlob(String reference, Layer layer) throws IOException {
    Path blob = blob(layer);
    if (!Files.isRegularFile(blob)) {
      throw new CommandException(
          ExitCode.NOT_FOUND,
          "ollama:%s: its weights are missing: %s; let Ollama pull it again"
              .formatted(reference, blob));
    }
    String actual;
    try (Progress progress =
        Progress.of(console, "checking " + reference, Math.max(1, Files.size(blob)))) {
      actual = Sha256.of(blob, progress::at);
    }
    if (!actual.equals(layer.sha256)) {
      throw new CommandException(
          ExitCode.REFUSED,
          "ollama:%s: %s is damaged: expected SHA-256 %s, got %s"
              .formatted(reference, blob, layer.sha256, actual));
    }
    return blob;
  }

  private Optional<Licence> licence(List<Layer> layers, String title) throws IOException {
    for (Layer layer : layers) {
      if (layer.kind.equals("license") && Files.isRegularFile(blob(layer))) {
        String text = new String(read(blob(layer), MAX_LICENCE_BYTES), UTF_8);
        return Optional.of(Licence.ofText(text, title));
      }
    }
    return Optional.empty();
  }

  private static byte[] read(Path file, int limit) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(limit + 1);
      if (bytes.length > limit) {
        throw new CommandException(
            ExitCode.REFUSED, "%s: more than %,d bytes".formatted(file, limit));
      }
      return bytes;
    }
  }
}
