package ai.kolm.artifact;

import static ai.kolm.artifact.ManifestChecks.id;

import ai.kolm.json.CanonicalJson;
import ai.kolm.json.Json;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/** Writes a manifest as canonical JSON. What is empty is left out. */
final class ManifestWriter {

  private ManifestWriter() {}

  static byte[] write(Manifest manifest) {
    return CanonicalJson.write(manifest(manifest));
  }

  /** Collects the members of one object. */
  static final class Members {
    private final Map<String, Json> members = new LinkedHashMap<>();

    Members put(String name, Json value) {
      members.put(name, value);
      return this;
    }

    Members put(String name, String value) {
      return put(name, new Json.Str(value));
    }

    Members put(String name, long value) {
      return put(name, new Json.Int(value));
    }

    Members put(String name, boolean value) {
      return put(name, new Json.Bool(value));
    }

    Members text(String name, Optional<String> value) {
      value.ifPresent(text -> put(name, text));
      return this;
    }

    Members integer(String name, OptionalLong value) {
      value.ifPresent(n -> put(name, n));
      return this;
    }

    Members number(String name, OptionalDouble value) {
      value.ifPresent(n -> put(name, new Json.Real(n)));
      return this;
    }

    Members object(String name, Optional<? extends Json> value) {
      value.ifPresent(json -> put(name, json));
      return this;
    }

    /** Leaves out an object without members. */
    Members unlessEmpty(String name, Json.Obj value) {
      return value.members().isEmpty() ? this : put(name, value);
    }

    Members strings(String name, List<String> items) {
      return items(name, items.stream().<Json>map(Json.Str::new).toList());
    }

    Members integers(String name, List<Integer> items) {
      return items(name, items.stream().<Json>map(Json.Int::new).toList());
    }

    /** Leaves out an empty array. */
    Members items(String name, List<Json> items) {
      return items.isEmpty() ? this : put(name, new Json.Arr(items));
    }

    Json.Obj toJson() {
      return new Json.Obj(members);
    }
  }

  private static Json.Obj manifest(Manifest m) {
    return new Members()
        .put("spec", Manifest.SPEC)
        .put("name", m.name())
        .text("version", m.version())
        .put("created", m.created())
        .text("parent", m.parent().map(Cid::text))
        .strings("capabilities", m.capabilities().stream().map(ManifestChecks::id).toList())
        .put("task", task(m.task()))
        .put("license", license(m.license()))
        .object("model", m.model().map(ManifestModelWriter::model))
        .object("tokenizer", m.tokenizer().map(ManifestWriter::tokenizer))
        .object("chat_template", m.chatTemplate().map(ManifestWriter::entryObject))
        .unlessEmpty("stop", stop(m.stop()))
        .unlessEmpty("defaults", defaults(m.defaults()))
        .items("adapters", m.adapters().stream().map(ManifestModelWriter::adapter).toList())
        .object("draft", m.draft().map(ManifestModelWriter::draft))
        .object("embedding", m.embedding().map(ManifestModelWriter::embedding))
        .object("pair", m.pair().map(ManifestWriter::pair))
        .object("audio", m.audio().map(ManifestModelWriter::audio))
        .object("evals", m.evals().map(ManifestWriter::evals))
        .unlessEmpty("budgets", budgets(m.budgets()))
        .object("provenance", m.provenance().map(ManifestWriter::entryObject))
        .object("build", m.build().map(ManifestWriter::entryObject))
        .items("entries", m.entries().stream().map(ManifestWriter::entry).toList())
        .toJson();
  }

  private static Json entryObject(String entry) {
    return new Members().put("entry", entry).toJson();
  }

  private static Json task(Manifest.Task task) {
    return new Members()
        .put("kind", id(task.kind()))
        .text("namespace", task.namespace())
        .text("description", task.description())
        .strings("languages", task.languages())
        .strings("tags", task.tags())
        .toJson();
  }

  private static Json license(Manifest.License license) {
    return new Members()
        .put("id", license.id())
        .text("base", license.base())
        .text("entry", license.entry())
        .text("notice", license.notice())
        .toJson();
  }

  private static Json tokenizer(Manifest.TokenizerSource tokenizer) {
    return new Members()
        .put("source", tokenizer.entry().isPresent() ? "entry" : "gguf")
        .text("entry", tokenizer.entry())
        .toJson();
  }

  private static Json.Obj stop(Manifest.Stop stop) {
    return new Members()
        .integers("token_ids", stop.tokenIds())
        .strings("strings", stop.strings())
        .toJson();
  }

  private static Json.Obj defaults(Manifest.Defaults defaults) {
    return new Members()
        .number("temperature", defaults.temperature())
        .number("top_p", defaults.topP())
        .integer("top_k", defaults.topK())
        .number("min_p", defaults.minP())
        .number("repetition_penalty", defaults.repetitionPenalty())
        .integer("max_tokens", defaults.maxTokens())
        .text("system", defaults.system())
        .toJson();
  }

  private static Json pair(Manifest.Pair pair) {
    return switch (pair) {
      case Manifest.Pair.EmbeddedBy by ->
          new Members().put("embed", ManifestModelWriter.reference(by.artifact())).toJson();
      case Manifest.Pair.EmbedsFor other ->
          new Members().put("for", other.artifact().text()).toJson();
    };
  }

  private static Json evals(Manifest.Evals evals) {
    return new Members()
        .put("entry", evals.entry())
        .put("count", evals.count())
        .text("scorer", evals.scorer())
        .toJson();
  }

  private static Json.Obj budgets(Manifest.Budgets budgets) {
    return new Members()
        .integer("latency_p95_ms", budgets.latencyP95Ms())
        .integer("size_bytes", budgets.sizeBytes())
        .number("usd_per_1000", budgets.usdPer1000())
        .toJson();
  }

  private static Json entry(ManifestEntry entry) {
    return new Members()
        .put("name", entry.name())
        .put("size", entry.size())
        .put("digest", entry.digest().text())
        .put("role", id(entry.role()))
        .text("source_sha256", entry.sourceSha256())
        .toJson();
  }
}
