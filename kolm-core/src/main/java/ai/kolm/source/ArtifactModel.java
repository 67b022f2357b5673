package ai.kolm.source;

import ai.kolm.artifact.Adapter;
import ai.kolm.artifact.Artifact;
import ai.kolm.artifact.ArtifactException;
import ai.kolm.artifact.BaseModel;
import ai.kolm.artifact.Manifest;
import ai.kolm.artifact.Verification;
import ai.kolm.artifact.WeightFormat;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonObject;
import ai.kolm.tokenizer.Tokenizer;
import ai.kolm.tokenizer.Tokenizers;
import ai.kolm.weights.Arrival;
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
 * a byte of it: its verification begins here and goes on while what is verified is used.
 */
final class ArtifactModel {
  private final Artifact artifact;
  private final BaseModel model;
  private final Verification verification;
  private final OpenArtifacts all;

  private ArtifactModel(Artifact artifact, OpenArtifacts all) throws ModelFormatException {
    this.artifact = artifact;
    this.all = all;
    this.model =
        artifact
            .manifest()
            .model()
            .orElseThrow(() -> fault(artifact, "the artifact holds no language model"));
    verification = all.verify(artifact, needed());
  }

  /**
   * Opens the model of an artifact. Its weights may be asked for by name at once; everything is
   * verified when {@code all} is.
   *
   * @param bases finds the base, if the artifact has none of its own
   * @param all holds the artifact; the base is added
   */
  static ModelFiles.Parts open(Artifact artifact, BaseArtifacts bases, OpenArtifacts all)
      throws IOException, ModelFormatException, ArtifactException {
    ArtifactModel model = new ArtifactModel(artifact, all);
    List<LoraAdapter> adapters = model.adapters();
    Manifest.Defaults defaults = artifact.manifest().defaults();
    if (model.model.ref().isEmpty()) {
      WeightFile weights = model.weights();
      return new ModelFiles.Parts(
          weights,
          model.config(),
          PendingText.begin(() -> model.text(weights)),
          defaults,
          adapters,
          List.of());
    }
    String file = String.valueOf(artifact.file().getFileName());
    Artifact base = bases.open(model.model.ref().get(), file).artifact();
    all.add(base);
    ArtifactModel own = new ArtifactModel(base, all);
    if (own.model.ref().isPresent()) {
      throw fault(base, "it is the base of %s and has no weights of its own".formatted(file));
    }
    WeightFile weights = own.weights();
    return new ModelFiles.Parts(
        weights,
        own.config(),
        PendingText.begin(() -> model.over(own.text(weights))),
        defaults,
        adapters,
        List.of());
  }

  /** The text of a base, with what this artifact has instead. */
  private ModelText over(ModelText base) throws ModelFormatException {
    Manifest manifest = artifact.manifest();
    Set<Integer> stop = new HashSet<>(base.stopTokens());
    stop.addAll(manifest.stop().tokenIds());
    Optional<String> template = template();
    return new ModelText(
        base.tokenizer(), template.or(base::chatTemplate), base.bosToken(), base.eosToken(), stop);
  }

  private Optional<String> template() throws ModelFormatException {
    Optional<String> entry = artifact.manifest().chatTemplate();
    return entry.isPresent()
        ? Optional.of(new String(bytes(entry.get()), StandardCharsets.UTF_8))
        : Optional.empty();
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
              entry(one.weights()),
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

  /** The entries that a loader or a parser will read; first the small ones it begins with. */
  private List<String> needed() {
    Manifest manifest = artifact.manifest();
    List<String> names = new ArrayList<>();
    model.config().ifPresent(names::add);
    manifest.tokenizer().flatMap(Manifest.TokenizerSource::entry).ifPresent(names::add);
    manifest.chatTemplate().ifPresent(names::add);
    declared().forEach(adapter -> names.addAll(List.of(adapter.weights(), adapter.config())));
    artifact
        .find(ContentFile.TOKENIZER_CONFIG)
        .ifPresent(_ -> names.add(ContentFile.TOKENIZER_CONFIG));
    names.addAll(model.weights());
    return names;
  }

  private WeightFile weights() throws ModelFormatException {
    SequencedMap<String, MemorySegment> parts = new LinkedHashMap<>();
    for (String name : model.weights()) {
      parts.put(name, artifact.entry(name));
    }
    Arrival arrival = bytes -> all.await(verification, bytes);
    return model.format() == WeightFormat.GGUF
        ? GgufFile.read(parts, WeightLimits.DEFAULT, arrival)
        : SafetensorsFile.read(parts, WeightLimits.DEFAULT, arrival);
  }

  private Optional<JsonObject> config() throws ModelFormatException {
    return model.config().isEmpty() ? Optional.empty() : Optional.of(json(model.config().get()));
  }

  private byte[] bytes(String name) throws ModelFormatException {
    return entry(name).toArray(ValueLayout.JAVA_BYTE);
  }

  /** An entry, all of it verified. */
  private MemorySegment entry(String name) throws ModelFormatException {
    MemorySegment bytes = artifact.entry(name);
    all.await(verification, bytes);
    return bytes;
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
