package ai.kolm.cli.pack;

import ai.kolm.artifact.Adapter;
import ai.kolm.artifact.ArtifactContent;
import ai.kolm.artifact.ArtifactException;
import ai.kolm.artifact.ArtifactWriter;
import ai.kolm.artifact.ContentEntry;
import ai.kolm.artifact.ManifestBuilder;
import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.Console;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.cli.console.Progress;
import ai.kolm.cli.pull.FoundModel;
import ai.kolm.cli.pull.Licence;
import ai.kolm.cli.pull.TemporaryFolder;
import ai.kolm.model.ModelLoader;
import ai.kolm.source.ModelFiles;
import ai.kolm.trust.ArtifactSigner;
import ai.kolm.trust.SigningKey;
import ai.kolm.weights.GgufFile;
import ai.kolm.weights.Metadata;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Makes an artifact of a model that lies here as a file or directory. The artifact appears under
 * its name when it is complete; whatever goes wrong, what had the name before stays as it was.
 */
public final class ModelPacker {
  private final Console console;
  private final TemporaryFolder folder;
  private final SigningKey key;

  /**
   * @param folder for quantized weights, until they are in the artifact
   * @param key signs what is packed
   */
  public ModelPacker(Console console, TemporaryFolder folder, SigningKey key) {
    this.console = console;
    this.folder = folder;
    this.key = key;
  }

  /**
   * Packs a model.
   *
   * @throws CommandException if no licence is known, or there is no space
   * @throws ModelFormatException if it is no model that kolm can run
   * @throws ArtifactException if what it consists of does not fit an artifact
   */
  public PackedModel pack(FoundModel model, PackOptions options)
      throws IOException, ModelFormatException, ArtifactException {
    try (ModelFiles files = ModelFiles.open(model.path());
        Arena arena = Arena.ofShared()) {
      Licence licence = licence(model, options, files);
      Path target = options.target().toAbsolutePath();
      ModelContent content = new ModelContent(files, arena);
      if (options.quantization().isPresent()) {
        content.replaceWeights(
            new QuantizedWeights(console, folder.path())
                .write(files, model.name(), options.quantization().get()));
      }
      model.sha256().ifPresent(content::source);
      licence.text().ifPresent(content::licence);
      List<ContentEntry> entries = content.entries();
      List<Adapter> adapters = new ArrayList<>();
      for (AdapterSource source : options.adapters()) {
        AdapterSource.Packed packed = source.read(ModelLoader.config(files), arena);
        adapters.add(packed.adapter());
        entries.addAll(packed.entries());
      }
      entries.addAll(options.enclosures().entries());
      ManifestDraft described =
          new ManifestDraft(files, content, options, licence, model.recommended());
      ManifestBuilder manifest = described.builder().adapters(adapters);
      if (options.draft().isPresent()) {
        DraftSource draft = new DraftSource(options.draft().get(), arena);
        manifest.draft(draft.describe(described.vocabulary()));
        entries.addAll(draft.entries());
      }
      DiskSpace.require(target, bytes(entries));
      ArtifactContent complete;
      try (Progress progress = Progress.of(console, "hashing", bytes(entries))) {
        complete =
            ArtifactContent.of(
                manifest,
                entries,
                Runtime.getRuntime().availableProcessors(),
                (done, _) -> progress.at(done));
      }
      write(target, complete, bytes(entries));
      return new PackedModel(
          options.target(),
          Files.size(target),
          complete.manifest().entries().size() + 2,
          complete.cid(),
          key.publicKey().id());
    }
  }

  private void write(Path target, ArtifactContent content, long bytes) throws IOException {
    try (Progress progress = Progress.of(console, "writing", bytes)) {
      ArtifactWriter.write(
          target,
          content,
          ArtifactSigner.attestations(content, key),
          (done, total) -> progress.at(done * bytes / Math.max(1, total)));
    }
  }

  private static long bytes(List<ContentEntry> entries) {
    return Math.max(1, entries.stream().mapToLong(entry -> entry.data().size()).sum());
  }

  /** What the user says, else what the source says, else what the file itself says. */
  private static Licence licence(FoundModel model, PackOptions options, ModelFiles files)
      throws ModelFormatException {
    Optional<Licence> licence = options.licence();
    return (licence.isPresent() ? licence : licence(model, files))
        .orElseThrow(
            () ->
                new CommandException(
                    ExitCode.REFUSED,
                    "%s does not say under which licence it is; say it with --license, for example"
                            .formatted(model.path())
                        + " --license Apache-2.0"));
  }

  /** What the source says, else what the file itself says. */
  public static Optional<Licence> licence(FoundModel model, ModelFiles files)
      throws ModelFormatException {
    return model.licence().isEmpty() && files.weights() instanceof GgufFile gguf
        ? ofMetadata(gguf.metadata())
        : model.licence();
  }

  private static Optional<Licence> ofMetadata(Metadata metadata) throws ModelFormatException {
    Optional<Licence> licence = Licence.named(metadata.findString("general.license").orElse(""));
    return licence.isPresent()
        ? licence
        : Licence.named(metadata.findString("general.license.name").orElse(""));
  }
}
