package ai.kolm.artifact;

import static ai.kolm.artifact.ManifestChecks.id;

import ai.kolm.artifact.ManifestWriter.Members;
import ai.kolm.json.Json;
import java.util.List;

/** Writes the objects of the manifest that describe models. */
final class ManifestModelWriter {

  private ManifestModelWriter() {}

  static Json model(BaseModel model) {
    return new Members()
        .put("kind", id(model.kind()))
        .put("format", id(model.format()))
        .put("architecture", model.architecture())
        .strings("weights", model.weights())
        .object("ref", model.ref().map(ManifestModelWriter::reference))
        .text("config", model.config())
        .put("context_length", model.contextLength())
        .put("vocab_size", model.vocabSize())
        .text("vocab_digest", model.vocabDigest())
        .integer("parameters", model.parameters())
        .text("quantization", model.quantization())
        .object("base", model.base().map(ManifestModelWriter::origin))
        .toJson();
  }

  static Json adapter(Adapter adapter) {
    Members members =
        new Members()
            .put("name", adapter.name())
            .put("target", id(adapter.target()))
            .put("weights", adapter.weights())
            .put("config", adapter.config())
            .put("rank", adapter.rank());
    return (adapter.byDefault() ? members.put("default", true) : members).toJson();
  }

  static Json draft(DraftModel draft) {
    return new Members()
        .strings("weights", draft.weights())
        .object("ref", draft.ref().map(ManifestModelWriter::reference))
        .put("vocab_digest", draft.vocabDigest())
        .integer("tokens", draft.tokens())
        .toJson();
  }

  static Json embedding(EmbeddingOutput embedding) {
    return new Members()
        .put("dimensions", embedding.dimensions())
        .integers("truncate", embedding.truncate())
        .put("pooling", id(embedding.pooling()))
        .put("normalize", embedding.normalize())
        .integer("max_tokens", embedding.maxTokens())
        .text("prefix", embedding.prefix())
        .toJson();
  }

  static Json audio(AudioModel audio) {
    List<Json> heads =
        audio.alignmentHeads().stream()
            .<Json>map(
                head ->
                    new Json.Arr(List.of(new Json.Int(head.layer()), new Json.Int(head.head()))))
            .toList();
    return new Members()
        .put("family", AudioModel.FAMILY)
        .put("format", id(audio.format()))
        .strings("weights", audio.weights())
        .object("ref", audio.ref().map(ManifestModelWriter::reference))
        .text("config", audio.config())
        .text("tokenizer", audio.tokenizer())
        .strings("languages", audio.languages())
        .items("alignment_heads", heads)
        .object("base", audio.base().map(ManifestModelWriter::origin))
        .toJson();
  }

  static Json reference(CidReference reference) {
    return new Members().put("cid", reference.cid().text()).text("file", reference.file()).toJson();
  }

  private static Json origin(Origin origin) {
    return new Members()
        .put("name", origin.name())
        .text("revision", origin.revision())
        .text("license", origin.license())
        .text("sha256", origin.sha256())
        .toJson();
  }
}
