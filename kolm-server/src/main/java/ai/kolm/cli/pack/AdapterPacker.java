package ai.kolm.cli.pack;

import ai.kolm.artifact.Adapter;
import ai.kolm.artifact.Artifact;
import ai.kolm.artifact.ArtifactContent;
import ai.kolm.artifact.ArtifactException;
import ai.kolm.artifact.ArtifactWriter;
import ai.kolm.artifact.BaseModel;
import ai.kolm.artifact.CidReference;
import ai.kolm.artifact.ContentEntry;
import ai.kolm.artifact.Manifest;
import ai.kolm.artifact.ManifestBuilder;
import ai.kolm.cli.console.Console;
import ai.kolm.cli.console.Progress;
import ai.kolm.cli.pull.Licence;
import ai.kolm.model.ModelConfig;
import ai.kolm.model.ModelLoader;
import ai.kolm.source.ModelFiles;
import ai.kolm.trust.ArtifactSigner;
import ai.kolm.trust.SigningKey;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Makes an artifact of adapters alone, which names the artifact with their base by its CID. */
public final class AdapterPacker {
  private final Console console;
  private final SigningKey key;

  /**
   * @param key signs what is packed
   */
  public AdapterPacker(Console console, SigningKey key) {
    this.console = console;
    this.key = key;
  }

  /**
   * Packs adapters.
   *
   * @param base opened from an artifact that has its own weights
   * @throws ModelFormatException if an adapter does not fit the base
   * @throws ArtifactException if what it consists of does not fit an artifact
   */
  public PackedModel pack(ModelFiles base, PackOptions options)
      throws IOException, ModelFormatException, ArtifactException {
    Artifact artifact = base.artifact().orElseThrow();
    try (Arena arena = Arena.ofShared()) {
      ModelConfig config = ModelLoader.config(base);
      List<Adapter> adapters = new ArrayList<>();
      List<ContentEntry> entries = new ArrayList<>();
      for (AdapterSource source : options.adapters()) {
        AdapterSource.Packed packed = source.read(config, arena);
        adapters.add(packed.adapter());
        entries.addAll(packed.entries());
      }
      entries.addAll(options.enclosures().entries());
      options
          .licence()
          .flatMap(Licence::text)
          .ifPresent(text -> entries.add(ModelContent.licenceEntry(text)));
      ManifestBuilder manifest = manifest(artifact, options).adapters(adapters);
      options.enclosures().describe(manifest);
      long bytes = Math.max(1, entries.stream().mapToLong(entry -> entry.data().size()).sum());
      ArtifactContent complete;
      try (Progress progress = Progress.of(console, "hashing", bytes)) {
        complete =
            ArtifactContent.of(
                manifest,
                entries,
                Runtime.getRuntime().availableProcessors(),
                (done, _) -> progress.at(done));
      }
      Path target = options.target().toAbsolutePath();
      Files.createDirectories(Optional.ofNullable(target.getParent()).orElse(target));
      ArtifactWriter.write(
          target, complete, ArtifactSigner.attestations(complete, key), (_, _) -> {});
      return new PackedModel(
          options.target(),
          Files.size(target),
          complete.manifest().entries().size() + 2,
          complete.cid(),
          key.publicKey().id());
    }
  }

  /** The model of an artifact that has not the weights of {@code base}, but its name. */
  static BaseModel reference(Artifact base) {
    BaseModel model = base.manifest().model().orElseThrow();
    return new BaseModel(
        model.kind(),
        model.format(),
        model.architecture(),
        List.of(),
        Optional.of(byCid(base)),
        Optional.empty(),
        model.contextLength(),
        model.vocabSize(),
        model.vocabDigest(),
        model.parameters(),
        model.quantization(),
        model.base());
  }

  /** The name of an artifact in another: its CID, and its file where that may be said. */
  static CidReference byCid(Artifact artifact) {
    try {
      return new CidReference(
          artifact.cid(), Optional.of(String.valueOf(artifact.file().getFileName())));
    } catch (IllegalArgumentException e) {
      return new CidReference(artifact.cid(), Optional.empty());
    }
  }

  private static ManifestBuilder manifest(Artifact base, PackOptions options) {
    Manifest of = base.manifest();
    Licence licence =
        options.licence().orElseGet(() -> new Licence(of.license().id(), Optional.empty()));
    return new ManifestBuilder(
            options.name(),
            options.created(),
            of.capabilities(),
            options.enclosures().task(Manifest.Task.Kind.CHAT),
            new Manifest.License(
                licence.id(),
                Optional.of(of.license().id()),
                licence.text().map(_ -> ModelContent.LICENCE),
                Optional.empty()))
        .model(reference(base))
        .tokenizer(Manifest.TokenizerSource.GGUF)
        .defaults(of.defaults())
        .stop(of.stop());
  }
}
