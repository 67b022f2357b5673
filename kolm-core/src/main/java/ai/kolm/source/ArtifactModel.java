package ai.kolm.source;

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

  static ModelFiles.Parts open(Artifact artifact)
      throws IOException, ModelFormatException, ArtifactException {
    ArtifactModel opened = new ArtifactModel(artifact);
    if (opened.model.ref().isPresent()) {
      throw fault(
          artifact,
          "the weights are those of another artifact, %s: kolm cannot resolve that yet"
              .formatted(opened.model.ref().get().cid()));
    }
    artifact.verify(opened.needed(), Runtime.getRuntime().availableProcessors(), Progress.NONE);
    WeightFile weights = opened.weights();
    return new ModelFiles.Parts(
        weights, opened.config(), opened.text(weights), artifact.manifest().defaults(), List.of());
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
    Optional<String> template =
        manifest.chatTemplate().map(entry -> new String(bytes(entry), StandardCharsets.UTF_8));
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
