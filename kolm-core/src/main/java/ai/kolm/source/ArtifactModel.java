package ai.kolm.source;

import ai.kolm.artifact.Adapter;
import ai.kolm.artifact.Artifact;
import ai.kolm.artifact.ArtifactException;
import ai.kolm.artifact.BaseModel;
import ai.kolm.artifact.Manifest;
import ai.kolm.artifact.Progress;
import ai.kolm.artifact.WeightFormat;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonObject;
import ai.kolm.tokenizer.Tokenizer;
import ai.kolm.tokenizer.Tokenizers;
import ai.kolm.weights.GgufFile;
import ai.kolm.weights.ModelFormatException;
import ai.kolm.weights.SafetensorsFile;
import ai.kolm.weights.WeightFile;
import ai.kolm.weights.WeightLimits;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A model in an artifact. Every entry that can influence an answer is verified before a parser sees
 * a byte of it.
 */
final class ArtifactModel {
  private final Artifact artifact;
  private final BaseModel model;

  private ArtifactModel(Artifact artifact) throws ModelFormatException {
    this.artifact = artifact;
    this.model =
        artifact
            .manifest()
            .model()
            .orElseThrow(() -> fault(artifact, "the artifact holds no language model"));
  }

  /**
   * Opens the model of an artifact.
   *
   * @param bases finds the base, if the artifact has none of its own
   * @param opened is told of the base, which must be closed with the model
   */
  static ModelFiles.Parts open(
      Artifact artifact, BaseArtifacts bases, Consumer<? super Artifact> opened)
      throws IOException, ModelFormatException, ArtifactException {
    ArtifactModel model = new ArtifactModel(artifact);
    artifact.verify(model.needed(), Runtime.getRuntime().availableProcessors(), Progress.NONE);
    List<LoraAdapter> adapters = model.adapters();
    Manifest.Defaults defaults = artifact.manifest().defaults();
    if (model.model.ref().isEmpty()) {
      WeightFile weights = model.weights();
      return new ModelFiles.Parts(
          weights, model.config(), model.text(weights), defaults, adapters, List.of());
    }
    String file = String.valueOf(artifact.file().getFileName());
    Artifact base = bases.open(model.model.ref().get(), file).artifact();
    opened.accept(base);
    ArtifactModel own = new ArtifactModel(base);
    if (own.model.ref().isPresent()) {
      throw fault(base, "it is the base of %s and has no weights of its own".formatted(file));
    }
    base.verify(own.needed(), Runtime.getRuntime().availableProcessors(), Progress.NONE);
    WeightFile weights = own.weights();
    return new ModelFiles.Parts(
        weights, own.config(), model.over(own.text(weights)), defaults, adapters, List.of());
  }

  /** The text of a base, with what this artifact has instead. */
  private ModelText over(ModelText base) {
    Manifest manifest = artifact.manifest();
    Set<Integer> stop = new HashSet<>(base.stopTokens());
    stop.addAll(manifest.stop().tokenIds());
    return new ModelText(
        base.tokenizer(),
        template().or(base::chatTemplate),
        base.bosToken(),
        base.eosToken(),
        stop);
  }

  private Optional<String> template() {
    return artifact
        .manifest()
        .chatTemplate()
        .map(entry -> new String(bytes(entry), StandardCharsets.UTF_8));
  }

  private List<Adapter> declared() {
    return artifact.manifest().adapters().stream()
        .filter(adapter -> adapter.target() == Adapter.Target.MODEL)
        .toList();
  }

  private List<LoraAdapter> adapters() throws ModelFormatException {
    List<LoraAdapter> adapters = new ArrayList<>();
    for (Adapter one : declared()) {
      LoraAdapter read =
          LoraAdapter.read(
              one.name(),
              digest(one.weights()) + " " + digest(one.config()),
              bytes(one.config()),
              artifact.entry(one.weights()),
              one.byDefault());
      if (read.config().rank() != one.rank()) {
        throw LoraAdapter.fault(
            one.config(), "r", one.rank() + " (manifest)", "" + read.config().rank());
      }
      adapters.add(read);
    }
    return adapters;
  }

  private String digest(String entry) {
    return artifact.find(entry).orElseThrow().digest().text();
  }

  private static ModelFormatException fault(Artifact artifact, String message) {
    return new ModelFormatException(String.valueOf(artifact.file().getFileName()), message);
  }

  /** The entries that a loader or a parser will read. */
  private List<String> needed() {
    Manifest manifest = artifact.manifest();
    List<String> names = new ArrayList<>(model.weights());
    model.config().ifPresent(names::add);
    manifest.tokenizer().flatMap(Manifest.TokenizerSource::entry).ifPresent(names::add);
    manifest.chatTemplate().ifPresent(names::add);
    declared().forEach(adapter -> names.addAll(List.of(adapter.weights(), adapter.config())));
    artifact
        .find(ContentFile.TOKENIZER_CONFIG)
        .ifPresent(_ -> names.add(ContentFile.TOKENIZER_CONFIG));
    return names;
  }

  private WeightFile weights() throws ModelFormatException {
    SequencedMap<String, MemorySegment> parts = new LinkedHashMap<>();
    for (String name : model.weights()) {
      parts.put(name, artifact.entry(name));
    }
    return model.format() == WeightFormat.GGUF
        ? GgufFile.read(parts, WeightLimits.DEFAULT)
        : SafetensorsFile.read(parts, WeightLimits.DEFAULT);
  }

  private Optional<JsonObject> config() throws ModelFormatException {
    return model.config().isEmpty() ? Optional.empty() : Optional.of(json(model.config().get()));
  }

  private byte[] bytes(String entry) {
    return artifact.entry(entry).toArray(ValueLayout.JAVA_BYTE);
  }

  private JsonObject json(String entry) throws ModelFormatException {
    return HuggingFaceText.json(entry, bytes(entry));
  }

  private ModelText text(WeightFile weights) throws ModelFormatException {
    Manifest manifest = artifact.manifest();
    Optional<String> template = template();
    Set<Integer> stop = new HashSet<>(manifest.stop().tokenIds());
    Optional<String> entry = manifest.tokenizer().flatMap(Manifest.TokenizerSource::entry);
    if (entry.isEmpty()) {
      if (!(weights instanceof GgufFile gguf)) {
        throw fault(artifact, "the manifest says the tokenizer is in a GGUF, but there is none");
      }
      ModelText own = GgufModel.text(gguf);
      return new ModelText(
          own.tokenizer(), template.or(own::chatTemplate), own.bosToken(), own.eosToken(), stop);
    }
    Optional<JsonObject> config =
        artifact.find(ContentFile.TOKENIZER_CONFIG).isPresent()
            ? Optional.of(json(ContentFile.TOKENIZER_CONFIG))
            : Optional.empty();
    Tokenizer tokenizer = Tokenizers.fromJson(entry.get(), bytes(entry.get()), config);
    try {
      return HuggingFaceText.of(tokenizer, config, template, stop);
    } catch (JsonException e) {
      throw fault(artifact, ContentFile.TOKENIZER_CONFIG + ": " + e.getMessage());
    }
  }
}
