package ai.kolm.cli.pack;

import ai.kolm.artifact.BaseModel;
import ai.kolm.artifact.Capability;
import ai.kolm.artifact.EmbeddingOutput;
import ai.kolm.artifact.Manifest;
import ai.kolm.artifact.ManifestBuilder;
import ai.kolm.artifact.Origin;
import ai.kolm.artifact.VocabularyDigest;
import ai.kolm.artifact.WeightFormat;
import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.cli.pull.Licence;
import ai.kolm.json.JsonObject;
import ai.kolm.model.EncoderConfig;
import ai.kolm.model.ModelConfig;
import ai.kolm.model.ModelLoader;
import ai.kolm.prompt.ChatTemplate;
import ai.kolm.prompt.TemplateException;
import ai.kolm.source.ContentFile;
import ai.kolm.source.ModelFiles;
import ai.kolm.tensor.Tensor;
import ai.kolm.tensor.TensorType;
import ai.kolm.weights.GgufFile;
import ai.kolm.weights.ModelFormatException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** The manifest of a packed model: all that its files say. */
final class ManifestDraft {
  private final ModelFiles files;
  private final ModelContent content;
  private final PackOptions options;
  private final Licence licence;
  private final Optional<Manifest.Defaults> recommended;

  /**
   * @param recommended how to sample; absent: what the files say
   */
  ManifestDraft(
      ModelFiles files,
      ModelContent content,
      PackOptions options,
      Licence licence,
      Optional<Manifest.Defaults> recommended) {
    this.files = files;
    this.content = content;
    this.options = options;
    this.licence = licence;
    this.recommended = recommended;
  }

  /** The manifest, without the entries. */
  ManifestBuilder builder() throws ModelFormatException {
    Optional<String> terms =
        content.has(ModelContent.LICENCE) ? Optional.of(ModelContent.LICENCE) : Optional.empty();
    Optional<EmbeddingOutput> embedding = embedding();
    List<Capability> capabilities = capabilities(embedding.isPresent());
    Manifest.Task.Kind task =
        capabilities.contains(Capability.CHAT)
            ? Manifest.Task.Kind.CHAT
            : Manifest.Task.Kind.EMBEDDING;
    ManifestBuilder builder =
        new ManifestBuilder(
            options.name(),
            options.created(),
            capabilities,
            options.enclosures().task(task),
            new Manifest.License(licence.id(), Optional.of(licence.id()), terms, Optional.empty()));
    builder.model(model());
    options.enclosures().describe(builder);
    embedding.ifPresent(builder::embedding);
    builder.defaults(recommended.orElseGet(files::recommended));
    builder.tokenizer(
        content.has(ContentFile.TOKENIZER)
            ? new Manifest.TokenizerSource(Optional.of(ContentFile.TOKENIZER))
            : Manifest.TokenizerSource.GGUF);
    if (content.has(ContentFile.TEMPLATE)) {
      builder.chatTemplate(ContentFile.TEMPLATE);
    }
    List<Integer> stop = files.text().stopTokens().stream().sorted().toList();
    return stop.isEmpty() ? builder : builder.stop(new Manifest.Stop(stop, List.of()));
  }

  /** The configuration of an encoder; absent: it is a decoder. */
  private Optional<EncoderConfig> encoder() throws ModelFormatException {
    Optional<JsonObject> config = files.config().filter(EncoderConfig::describes);
    return config.isPresent()
        ? Optional.of(EncoderConfig.of(files.id(), config.get()))
        : Optional.empty();
  }

  /** How it makes vectors; absent: it only chats. */
  private Optional<EmbeddingOutput> embedding() throws ModelFormatException {
    Optional<EncoderConfig> encoder = encoder();
    if (encoder.isPresent()) {
      return Optional.of(embedding(encoder.get().hiddenSize(), encoder.get().maxTokens()));
    }
    if (options.vectors().pooling().isPresent()) {
      ModelConfig config = ModelLoader.config(files);
      return Optional.of(embedding(config.hiddenSize(), config.contextLength()));
    }
    if (!options.vectors().truncate().isEmpty()) {
      throw new CommandException(
          ExitCode.REFUSED, "--truncate: the model chats; --pooling makes it give vectors");
    }
    return Optional.empty();
  }

  private EmbeddingOutput embedding(int dimensions, int maxTokens) {
    List<Integer> truncate = options.vectors().truncate();
    for (int size : truncate) {
      if (size < 1 || size >= dimensions) {
        throw new CommandException(
            ExitCode.REFUSED,
            "--truncate: expected sizes below the %d of the model, got %d"
                .formatted(dimensions, size));
      }
    }
    return new EmbeddingOutput(
        dimensions,
        truncate,
        options.vectors().pooling().orElse(EmbeddingOutput.Pooling.MEAN),
        true,
        OptionalLong.of(maxTokens),
        Optional.empty());
  }

  private List<Capability> capabilities(boolean embeds) throws ModelFormatException {
    boolean chats = options.vectors().chats();
    if (chats && (!embeds || encoder().isPresent())) {
      throw new CommandException(
          ExitCode.REFUSED,
          embeds
              ? "--chat: an encoder makes vectors, it cannot chat"
              : "--chat: without --pooling it chats anyway");
    }
    List<Capability> capabilities = new ArrayList<>();
    if (!embeds || chats) {
      addChat(capabilities);
    }
    if (embeds) {
      capabilities.add(Capability.EMBEDDINGS);
    }
    return capabilities;
  }

  private void addChat(List<Capability> capabilities) throws ModelFormatException {
    capabilities.add(Capability.CHAT);
    try {
      Optional<ChatTemplate> template = files.text().template(Clock.systemUTC());
      if (template.isPresent() && template.get().supportsTools()) {
        capabilities.add(Capability.TOOLS);
      }
    } catch (TemplateException e) {
      throw new ModelFormatException(files.id(), String.valueOf(e.getMessage()));
    }
  }

  private BaseModel model() throws ModelFormatException {
    Optional<EncoderConfig> encoder = encoder();
    if (encoder.isPresent()) {
      return model(
          BaseModel.Kind.ENCODER,
          "bert",
          encoder.get().maxTokens(),
          encoder.get().vocabularySize());
    }
    ModelConfig config = ModelLoader.config(files);
    return model(
        BaseModel.Kind.DECODER,
        config.architecture(),
        config.contextLength(),
        config.vocabularySize());
  }

  private BaseModel model(
      BaseModel.Kind kind, String architecture, int contextLength, int vocabularySize)
      throws ModelFormatException {
    boolean hasConfig = content.has(ContentFile.CONFIG);
    return new BaseModel(
        kind,
        hasConfig ? WeightFormat.SAFETENSORS : WeightFormat.GGUF,
        architecture,
        content.weights(),
        Optional.empty(),
        hasConfig ? Optional.of(ContentFile.CONFIG) : Optional.empty(),
        contextLength,
        vocabularySize,
        Optional.of(vocabulary()),
        OptionalLong.of(parameters()),
        Optional.of(quantization().toString()),
        Optional.of(
            new Origin(baseName(), Optional.empty(), Optional.of(licence.id()), content.sha256())));
  }

  /** The digest of the vocabulary. */
  String vocabulary() {
    return VocabularyDigest.of(files.text().tokenizer().vocabulary());
  }

  private long parameters() {
    return files.weights().tensors().stream().mapToLong(tensor -> tensor.shape().elements()).sum();
  }

  /** The type that most parameters have. */
  private TensorType quantization() {
    if (options.quantization().isPresent()) {
      return options.quantization().get().target();
    }
    Map<TensorType, Long> elements = new EnumMap<>(TensorType.class);
    for (Tensor tensor : files.weights().tensors()) {
      elements.merge(tensor.type(), tensor.shape().elements(), Long::sum);
    }
    return elements.entrySet().stream()
        .max(Map.Entry.comparingByValue())
        .map(Map.Entry::getKey)
        .orElse(TensorType.F32);
  }

  private String baseName() throws ModelFormatException {
    String name =
        files.weights() instanceof GgufFile gguf
            ? gguf.metadata().findString("general.name").orElse("")
            : "";
    String shown = name.isBlank() ? files.id() : name.strip();
    return shown.substring(0, Math.min(256, shown.length()));
  }
}
