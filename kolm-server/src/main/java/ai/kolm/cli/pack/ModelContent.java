package ai.kolm.cli.pack;

import ai.kolm.artifact.ContentEntry;
import ai.kolm.artifact.EntryData;
import ai.kolm.artifact.EntryRole;
import ai.kolm.source.ContentFile;
import ai.kolm.source.ModelFiles;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The entries that a model becomes, and what the manifest says about them. */
final class ModelContent {
  static final String LICENCE = "license/license.txt";

  private final Arena arena;
  private final Optional<String> template;
  private final List<ContentFile> files;
  private Optional<String> sha256 = Optional.empty();
  private Optional<String> licence = Optional.empty();
  private boolean converted;

  /**
   * @param arena for mapping the files; closed when the artifact is written
   */
  ModelContent(ModelFiles model, Arena arena) {
    this.arena = arena;
    this.files = new ArrayList<>(model.content());
    boolean isGguf = model.config().isEmpty();
    template = isGguf ? Optional.empty() : model.text().chatTemplate();
  }

  /** Takes {@code gguf} instead of the weights, and of the configuration, which it carries. */
  void replaceWeights(Path gguf) {
    files.removeIf(file -> isWeights(file.entry()) || file.entry().equals(ContentFile.CONFIG));
    files.add(new ContentFile(ContentFile.GGUF, gguf));
    converted = true;
  }

  /** Says the SHA-256 of the file that the weights come from. */
  void source(String digest) {
    sha256 = Optional.of(digest);
  }

  /** Adds the text of the licence. */
  void licence(String text) {
    licence = Optional.of(text);
  }

  /** Whether weights are in an entry of this name. */
  static boolean isWeights(String entry) {
    return entry.endsWith(".gguf") || entry.endsWith(".safetensors");
  }

  /** The names of the weight entries, in the order of the shards. */
  List<String> weights() {
    return files.stream().map(ContentFile::entry).filter(ModelContent::isWeights).toList();
  }

  /** Whether there is an entry of this name. */
  boolean has(String entry) {
    return files.stream().anyMatch(file -> file.entry().equals(entry))
        || (entry.equals(ContentFile.TEMPLATE) && template.isPresent())
        || (entry.equals(LICENCE) && licence.isPresent());
  }

  /** The SHA-256 of the file that the weights come from, where it is known. */
  Optional<String> sha256() {
    return sha256;
  }

  /** All entries but the manifest. */
  List<ContentEntry> entries() throws IOException {
    List<ContentEntry> entries = new ArrayList<>();
    for (ContentFile file : files) {
      boolean imported = file.entry().equals(ContentFile.GGUF) && !converted;
      entries.add(
          new ContentEntry(
              file.entry(),
              role(file.entry()),
              map(file.path()),
              imported ? sha256 : Optional.empty()));
    }
    if (template.isPresent()
        && files.stream().noneMatch(f -> f.entry().equals(ContentFile.TEMPLATE))) {
      entries.add(text(ContentFile.TEMPLATE, EntryRole.TEMPLATE, template.get()));
    }
    licence.ifPresent(terms -> entries.add(licenceEntry(terms)));
    return entries;
  }

  /** The entry that the text of a licence becomes. */
  static ContentEntry licenceEntry(String terms) {
    return text(LICENCE, EntryRole.LICENSE, terms);
  }

  private static ContentEntry text(String name, EntryRole role, String text) {
    return new ContentEntry(name, role, EntryData.of(text.getBytes(StandardCharsets.UTF_8)));
  }

  private EntryData map(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      return EntryData.of(channel.map(MapMode.READ_ONLY, 0, channel.size(), arena));
    }
  }

  private static EntryRole role(String entry) {
    if (isWeights(entry)) {
      return EntryRole.WEIGHTS;
    }
    if (entry.startsWith("tokenizer/")) {
      return EntryRole.TOKENIZER;
    }
    return switch (entry) {
      case ContentFile.CONFIG -> EntryRole.CONFIG;
      case ContentFile.TEMPLATE -> EntryRole.TEMPLATE;
      default -> EntryRole.OTHER;
    };
  }
}
