package ai.kolm.cli.pack;

import ai.kolm.artifact.Artifact;
import ai.kolm.artifact.ContentEntry;
import ai.kolm.artifact.DraftModel;
import ai.kolm.artifact.EntryData;
import ai.kolm.artifact.EntryRole;
import ai.kolm.artifact.VocabularyDigest;
import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.source.ContentFile;
import ai.kolm.source.ModelFiles;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A small model that is to propose tokens to the one that is packed. Its files become entries under
 * {@code draft/}; an artifact is named by its CID instead.
 */
final class DraftSource {
  private static final String FOLDER = "draft/";

  private final ModelFiles files;
  private final List<ContentEntry> entries = new ArrayList<>();
  private final List<String> weights = new ArrayList<>();

  /**
   * @param files verified
   * @param arena maps its files; closed when the artifact is written
   */
  DraftSource(ModelFiles files, Arena arena) throws IOException {
    this.files = files;
    if (files.artifact().isPresent()) {
      return;
    }
    for (ContentFile file : files.content()) {
      String name = FOLDER + file.entry().substring(file.entry().lastIndexOf('/') + 1);
      try (FileChannel channel = FileChannel.open(file.path(), StandardOpenOption.READ)) {
        EntryData data = EntryData.of(channel.map(MapMode.READ_ONLY, 0, channel.size(), arena));
        entries.add(new ContentEntry(name, EntryRole.DRAFT, data));
      }
      if (ModelContent.isWeights(name)) {
        weights.add(name);
      }
    }
  }

  /** The entries it becomes; none of an artifact. */
  List<ContentEntry> entries() {
    return entries;
  }

  /**
   * What the manifest says of it.
   *
   * @param vocabulary digest of that of the model
   * @throws CommandException if the two have not one vocabulary
   */
  DraftModel describe(String vocabulary) {
    String own = VocabularyDigest.of(files.text().tokenizer().vocabulary());
    if (!own.equals(vocabulary)) {
      throw new CommandException(
          ExitCode.REFUSED,
          "--draft: draft_vocab: %s has another vocabulary than the model: expected %s, got %s"
              .formatted(files.id(), vocabulary, own));
    }
    Optional<Artifact> artifact = files.artifact();
    return new DraftModel(weights, artifact.map(AdapterPacker::byCid), own, OptionalLong.empty());
  }
}
