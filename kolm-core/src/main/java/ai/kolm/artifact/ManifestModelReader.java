package ai.kolm.artifact;

import static ai.kolm.artifact.ManifestFields.constant;
import static ai.kolm.artifact.ManifestFields.findOrigin;
import static ai.kolm.artifact.ManifestFields.findReference;
import static ai.kolm.artifact.ManifestFields.integer;
import static ai.kolm.artifact.ManifestFields.integers;
import static ai.kolm.artifact.ManifestFields.read;

import ai.kolm.artifact.AudioModel.AlignmentHead;
import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonException.Code;
import ai.kolm.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Reads the objects of the manifest that describe models. */
final class ManifestModelReader {

  private ManifestModelReader() {}

  static BaseModel model(JsonObject object) throws JsonException {
    return read(
        object,
        Set.of(
            "kind",
            "format",
            "architecture",
            "weights",
            "ref",
            "config",
            "context_length",
            "vocab_size",
            "vocab_digest",
            "parameters",
            "quantization",
            "base"),
        o ->
            new BaseModel(
                constant(o, "kind", BaseModel.Kind.class),
                constant(o, "format", WeightFormat.class),
                o.string("architecture"),
                o.strings("weights"),
                findReference(o, "ref"),
                o.findString("config"),
                integer(o, "context_length"),
                integer(o, "vocab_size"),
                o.findString("vocab_digest"),
                o.findInteger("parameters"),
                o.findString("quantization"),
                findOrigin(o, "base")));
  }

  static Adapter adapter(JsonObject object) throws JsonException {
    return read(
        object,
        Set.of("name", "target", "weights", "config", "rank", "default"),
        o ->
            new Adapter(
                o.string("name"),
                constant(o, "target", Adapter.Target.class),
                o.string("weights"),
                o.string("config"),
                integer(o, "rank"),
                o.bool("default", false)));
  }

  static DraftModel draft(JsonObject object) throws JsonException {
    return read(
        object,
        Set.of("weights", "ref", "vocab_digest", "tokens"),
        o ->
            new DraftModel(
                o.strings("weights"),
                findReference(o, "ref"),
                o.string("vocab_digest"),
                o.findInteger("tokens")));
  }

  static EmbeddingOutput embedding(JsonObject object) throws JsonException {
    return read(
        object,
        Set.of("dimensions", "truncate", "pooling", "normalize", "max_tokens", "prefix"),
        o -> {
          // It must be there: what bool() gives for an absent one is never used.
          o.get("normalize");
          return new EmbeddingOutput(
              integer(o, "dimensions"),
              integers(o.array("truncate"), o.at("truncate")),
              constant(o, "pooling", EmbeddingOutput.Pooling.class),
              o.bool("normalize", false),
              o.findInteger("max_tokens"),
              o.findString("prefix"));
        });
  }

  static AudioModel audio(JsonObject object) throws JsonException {
    return read(
        object,
        Set.of(
            "family",
            "format",
            "weights",
            "ref",
            "config",
            "tokenizer",
            "languages",
            "alignment_heads",
            "base"),
        o -> {
          String family = o.string("family");
          ManifestChecks.check(
              family.equals(AudioModel.FAMILY), "family", AudioModel.FAMILY, family);
          return new AudioModel(
              constant(o, "format", WeightFormat.class),
              o.strings("weights"),
              findReference(o, "ref"),
              o.findString("config"),
              o.findString("tokenizer"),
              o.strings("languages"),
              heads(o),
              findOrigin(o, "base"));
        });
  }

  private static List<AlignmentHead> heads(JsonObject audio) throws JsonException {
    List<AlignmentHead> heads = new ArrayList<>();
    for (Json item : audio.array("alignment_heads")) {
      String at = audio.at("alignment_heads") + "/" + heads.size();
      if (!(item instanceof Json.Arr pair) || pair.items().size() != 2) {
        throw new JsonException(Code.TYPE, at + ": expected a layer and a head");
      }
      List<Integer> numbers = integers(pair.items(), at);
      heads.add(new AlignmentHead(numbers.getFirst(), numbers.getLast()));
    }
    return heads;
  }
}
