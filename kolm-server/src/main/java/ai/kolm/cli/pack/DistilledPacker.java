package ai.kolm.cli.pack;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.artifact.Artifact;
import ai.kolm.artifact.ArtifactContent;
import ai.kolm.artifact.ArtifactException;
import ai.kolm.artifact.ArtifactLimits;
import ai.kolm.artifact.ArtifactWriter;
import ai.kolm.artifact.BaseModel;
import ai.kolm.artifact.ContentEntry;
import ai.kolm.artifact.EntryData;
import ai.kolm.artifact.EntryRole;
import ai.kolm.artifact.Manifest;
import ai.kolm.artifact.ManifestBuilder;
import ai.kolm.artifact.ManifestEntry;
import ai.kolm.cli.console.Console;
import ai.kolm.cli.console.Progress;
import ai.kolm.cli.pack.DistilledModel.Form;
import ai.kolm.json.Json;
import ai.kolm.json.JsonText;
import ai.kolm.model.ModelLoader;
import ai.kolm.source.ContentFile;
import ai.kolm.source.ModelFiles;
import ai.kolm.trust.ArtifactSigner;
import ai.kolm.trust.SigningKey;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Makes an artifact of a base and the adapter that was trained on it: the bytes of the base, the
 * adapter, which is applied by default, the cases it is to be judged by, and how it was made; or
 * with the base named by its CID instead, or with weights that have the adapter in them. What was
 * written is read and verified before it gets its name.
 */
public final class DistilledPacker {
  /** What requests that name an adapter call it. */
  public static final String ADAPTER = "distilled";

  private static final String EVALS = "evals.jsonl";
  private static final String PROVENANCE = "provenance.json";
  private static final String BUILD = "build.json";
  private static final Set<EntryRole> NOT_THE_BASE =
      EnumSet.of(
          EntryRole.CHUNKS,
          EntryRole.EVALS,
          EntryRole.PROVENANCE,
          EntryRole.BUILD,
          EntryRole.README);

  private final Console console;
  private final SigningKey key;
  private final String version;

  /**
   * @param key signs what is packed
   * @param version of kolm
   */
  public DistilledPacker(Console console, SigningKey key, String version) {
    this.console = console;
    this.key = key;
    this.version = version;
  }

  /**
   * Packs.
   *
   * @param base opened from an artifact that has its own weights and no adapters
   * @throws ModelFormatException if the adapter does not fit the base
   * @throws ArtifactException if what was written does not verify
   */
  public PackedModel pack(ModelFiles base, DistilledModel model)
      throws IOException, ModelFormatException, ArtifactException {
    Artifact artifact = base.artifact().orElseThrow();
    try (Arena arena = Arena.ofShared()) {
      AdapterSource.Packed adapter =
          new AdapterSource(ADAPTER, model.adapter(), true).read(ModelLoader.config(base), arena);
      List<ContentEntry> entries = entries(artifact, model, adapter, arena);
      boolean merged = model.form() instanceof Form.Merged;
      long bytes = bytes(entries);
      Path target = model.target().toAbsolutePath();
      DiskSpace.require(target, bytes);
      ArtifactContent complete;
      try (Progress progress = Progress.of(console, "hashing", bytes)) {
        complete =
            ArtifactContent.of(
                manifest(artifact, model).adapters(merged ? List.of() : List.of(adapter.adapter())),
                entries,
                Runtime.getRuntime().availableProcessors(),
                (done, _) -> progress.at(done));
      }
      writeVerified(target, complete);
      return new PackedModel(
          model.target(),
          Files.size(target),
          complete.manifest().entries().size() + 2,
          complete.cid(),
          key.publicKey().id());
    }
  }

  /** Gives the file its name when every byte of it has been read back. */
  private void writeVerified(Path target, ArtifactContent content)
      throws IOException, ArtifactException {
    Path candidate = target.resolveSibling("." + target.getFileName() + ".candidate");
    try {
      ArtifactWriter.write(
          candidate, content, ArtifactSigner.attestations(content, key), (_, _) -> {});
      try (Artifact written = Artifact.open(candidate, ArtifactLimits.DEFAULT)) {
        written.verify(Runtime.getRuntime().availableProcessors(), ai.kolm.artifact.Progress.NONE);
      }
      Files.move(candidate, target, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(candidate);
    }
  }

  private List<ContentEntry> entries(
      Artifact base, DistilledModel model, AdapterSource.Packed adapter, Arena arena)
      throws IOException {
    List<ContentEntry> entries = new ArrayList<>();
    boolean merged = model.form() instanceof Form.Merged;
    for (ManifestEntry entry : base.manifest().entries()) {
      boolean isBase = !NOT_THE_BASE.contains(entry.role());
      if (isBase && keeps(model.form(), entry.role())) {
        entries.add(
            new ContentEntry(
                entry.name(),
                entry.role(),
                new EntryData.Bytes(base.entry(entry.name())),
                entry.sourceSha256()));
      }
    }
    if (model.form() instanceof Form.Merged(Path weights, _)) {
      try (FileChannel channel = FileChannel.open(weights, StandardOpenOption.READ)) {
        EntryData data =
            EntryData.of(channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena));
        entries.add(new ContentEntry(ContentFile.GGUF, EntryRole.WEIGHTS, data, Optional.empty()));
      }
    }
    if (!merged) {
      entries.addAll(adapter.entries());
    }
    model
        .evals()
        .ifPresent(
            cases ->
                entries.add(new ContentEntry(EVALS, EntryRole.EVALS, EntryData.of(cases.lines()))));
    entries.add(
        new ContentEntry(PROVENANCE, EntryRole.PROVENANCE, EntryData.of(model.provenance())));
    entries.add(new ContentEntry(BUILD, EntryRole.BUILD, EntryData.of(build())));
    return entries;
  }

  private static boolean keeps(Form form, EntryRole role) {
    return switch (form) {
      case Form.Beside _ -> true;
      case Form.Delta _ -> false;
      case Form.Merged _ -> role != EntryRole.WEIGHTS;
    };
  }

  private static BaseModel model(Artifact artifact, Form form) {
    BaseModel base = artifact.manifest().model().orElseThrow();
    return switch (form) {
      case Form.Beside _ -> base;
      case Form.Delta _ -> AdapterPacker.reference(artifact);
      case Form.Merged(Path _, Optional<String> retyped) ->
          new BaseModel(
              base.kind(),
              base.format(),
              base.architecture(),
              List.of(ContentFile.GGUF),
              Optional.empty(),
              base.config(),
              base.contextLength(),
              base.vocabSize(),
              base.vocabDigest(),
              base.parameters(),
              retyped.or(base::quantization),
              base.base());
    };
  }

  private byte[] build() {
    Map<String, Json> build = new LinkedHashMap<>();
    build.put("v", new Json.Int(1));
    build.put("tool", new Json.Str("kolm"));
    build.put("version", new Json.Str(version));
    build.put("command", new Json.Str("distill"));
    return (JsonText.of(new Json.Obj(build)) + "\n").getBytes(UTF_8);
  }

  private static ManifestBuilder manifest(Artifact artifact, DistilledModel model) {
    Manifest base = artifact.manifest();
    Manifest.License licence = base.license();
    boolean delta = model.form() instanceof Form.Delta;
    ManifestBuilder builder =
        new ManifestBuilder(
                model.name(),
                model.created(),
                base.capabilities(),
                model.task(),
                new Manifest.License(
                    licence.id(),
                    Optional.of(licence.base().orElse(licence.id())),
                    delta ? Optional.empty() : licence.entry(),
                    delta ? Optional.empty() : licence.notice()))
            .model(model(artifact, model.form()))
            .tokenizer(delta ? Manifest.TokenizerSource.GGUF : base.tokenizer().orElseThrow())
            .stop(base.stop())
            .defaults(defaults(base.defaults()))
            .provenance(PROVENANCE)
            .build(BUILD);
    if (!delta) {
      base.chatTemplate().ifPresent(builder::chatTemplate);
      base.draft().ifPresent(builder::draft);
    }
    model
        .evals()
        .ifPresent(
            cases ->
                builder.evals(
                    new Manifest.Evals(EVALS, cases.count(), Optional.of(cases.scorer()))));
    return builder;
  }

  /** A student says what it has learned; a penalty on repeating would forbid it to copy. */
  private static Manifest.Defaults defaults(Manifest.Defaults base) {
    return new Manifest.Defaults(
        OptionalDouble.of(0),
        OptionalDouble.empty(),
        OptionalLong.empty(),
        OptionalDouble.empty(),
        OptionalDouble.empty(),
        base.maxTokens(),
        base.system());
  }

  private static long bytes(List<ContentEntry> entries) {
    return Math.max(1, entries.stream().mapToLong(entry -> entry.data().size()).sum());
  }
}
