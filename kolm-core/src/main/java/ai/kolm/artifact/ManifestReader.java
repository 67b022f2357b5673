package ai.kolm.artifact;

import static ai.kolm.artifact.ManifestFields.constant;
import static ai.kolm.artifact.ManifestFields.constants;
import static ai.kolm.artifact.ManifestFields.find;
import static ai.kolm.artifact.ManifestFields.findCid;
import static ai.kolm.artifact.ManifestFields.findEntry;
import static ai.kolm.artifact.ManifestFields.integer;
import static ai.kolm.artifact.ManifestFields.list;
import static ai.kolm.artifact.ManifestFields.read;

import ai.kolm.artifact.ArtifactException.Code;
import ai.kolm.artifact.Manifest.Budgets;
import ai.kolm.artifact.Manifest.Defaults;
import ai.kolm.artifact.Manifest.Evals;
import ai.kolm.artifact.Manifest.License;
import ai.kolm.artifact.Manifest.Pair;
import ai.kolm.artifact.Manifest.Stop;
import ai.kolm.artifact.Manifest.Task;
import ai.kolm.artifact.Manifest.TokenizerSource;
import ai.kolm.json.CanonicalJson;
import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonReader;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Reads {@code manifest.json} strictly: JSON without any of the freedoms that readers take
 * differently, then the version, then the fields, then the canonical form. An unknown field is
 * refused unless it is at the top and starts with {@code x-}.
 */
final class ManifestReader {
  private static final int MAX_DEPTH = 16;
  private static final Pattern SPEC = Pattern.compile("kolm-artifact/[1-9][0-9]{0,3}");
  private static final Pattern EXTENSION = Pattern.compile("x-[a-z0-9-]{1,62}");

  private static final Set<String> FIELDS =
      Set.of(
          "spec",
          "requires",
          "name",
          "version",
          "created",
          "parent",
          "capabilities",
          "task",
          "license",
          "model",
          "tokenizer",
          "chat_template",
          "stop",
          "defaults",
          "adapters",
          "draft",
          "embedding",
          "pair",
          "audio",
          "evals",
          "budgets",
          "provenance",
          "build",
          "entries");

  private ManifestReader() {}

  /**
   * @param bytes of the entry, within the limit of the reader
   */
  static Manifest parse(byte[] bytes, Faults faults) throws ArtifactException {
    try {
      JsonLimits limits = JsonLimits.DEFAULT.withBytes(bytes.length + 1L).withDepth(MAX_DEPTH);
      Json json = JsonReader.read(bytes, limits);
      CanonicalJson.requireExactNumbers(json);
      JsonObject root = JsonObject.of(json, "");
      checkVersion(root, faults);
      Set<String> known = new HashSet<>(FIELDS);
      root.names().stream().filter(EXTENSION.asMatchPredicate()).forEach(known::add);
      Manifest manifest = read(root, known, ManifestReader::manifest);
      CanonicalJson.require(bytes, json);
      return manifest;
    } catch (JsonException e) {
      String message = String.valueOf(e.getMessage());
      throw faults.of(code(e.code()), ContainerFormat.MANIFEST, message);
    }
  }

  private static Code code(JsonException.Code code) {
    return switch (code) {
      case ENCODING -> Code.JSON_ENCODING;
      case SYNTAX -> Code.JSON_SYNTAX;
      case DUPLICATE_KEY -> Code.JSON_DUPLICATE_KEY;
      case TRAILING -> Code.JSON_TRAILING;
      // The length of the text is limited before; only numbers of many digits are left.
      case NUMBER, SIZE -> Code.JSON_NUMBER;
      case DEPTH -> Code.JSON_DEPTH;
      case TYPE -> Code.MANIFEST_SCHEMA;
      case NOT_CANONICAL -> Code.JSON_NOT_CANONICAL;
    };
  }

  private static void checkVersion(JsonObject root, Faults faults)
      throws JsonException, ArtifactException {
    String spec = root.string("spec");
    if (!SPEC.matcher(spec).matches()) {
      throw new JsonException(JsonException.Code.TYPE, "/spec: not a version: " + spec);
    }
    if (!spec.equals(Manifest.SPEC)) {
      throw faults.of(Code.SPEC_UNSUPPORTED, "manifest.json /spec", "spec", Manifest.SPEC, spec);
    }
    for (String feature : root.strings("requires")) {
      throw faults.of(
          Code.FEATURE_UNSUPPORTED,
          "manifest.json /requires",
          "needs an unknown feature",
          "none",
          feature);
    }
  }

  private static Manifest manifest(JsonObject root) throws JsonException {
    return new Manifest(
        root.string("name"),
        root.findString("version"),
        root.integer("created"),
        findCid(root, "parent"),
        constants(root, "capabilities", Capability.class),
        task(root.object("task")),
        license(root.object("license")),
        find(root, "model", ManifestModelReader::model),
        find(root, "tokenizer", ManifestReader::tokenizer),
        findEntry(root, "chat_template"),
        find(root, "stop", ManifestReader::stop).orElse(Stop.NONE),
        find(root, "defaults", ManifestReader::defaults).orElse(Defaults.NONE),
        list(root, "adapters", ManifestModelReader::adapter),
        find(root, "draft", ManifestModelReader::draft),
        find(root, "embedding", ManifestModelReader::embedding),
        find(root, "pair", ManifestReader::pair),
        find(root, "audio", ManifestModelReader::audio),
        find(root, "evals", ManifestReader::evals),
        find(root, "budgets", ManifestReader::budgets).orElse(Budgets.NONE),
        findEntry(root, "provenance"),
        findEntry(root, "build"),
        list(root, "entries", ManifestReader::entry));
  }

  private static Task task(JsonObject object) throws JsonException {
    return read(
        object,
        Set.of("kind", "namespace", "description", "languages", "tags"),
        o ->
            new Task(
                constant(o, "kind", Task.Kind.class),
                o.findString("namespace"),
                o.findString("description"),
                o.strings("languages"),
                o.strings("tags")));
  }

  private static License license(JsonObject object) throws JsonException {
    return read(
        object,
        Set.of("id", "base", "entry", "notice"),
        o ->
            new License(
                o.string("id"),
                o.findString("base"),
                o.findString("entry"),
                o.findString("notice")));
  }

  private static TokenizerSource tokenizer(JsonObject object) throws JsonException {
    return read(
        object,
        Set.of("source", "entry"),
        o -> {
          Optional<String> entry = o.findString("entry");
          String source = o.string("source");
          ManifestChecks.check(
              source.equals(entry.isPresent() ? "entry" : "gguf"),
              "source",
              "\"entry\" and an entry, or \"gguf\" and none",
              "\"" + source + "\"");
          return new TokenizerSource(entry);
        });
  }

  private static Stop stop(JsonObject object) throws JsonException {
    return read(
        object,
        Set.of("token_ids", "strings"),
        o ->
            new Stop(
                ManifestFields.integers(o.array("token_ids"), o.at("token_ids")),
                o.strings("strings")));
  }

  private static Defaults defaults(JsonObject object) throws JsonException {
    return read(
        object,
        Set.of(
            "temperature", "top_p", "top_k", "min_p", "repetition_penalty", "max_tokens", "system"),
        o ->
            new Defaults(
                o.findNumber("temperature"),
                o.findNumber("top_p"),
                o.findInteger("top_k"),
                o.findNumber("min_p"),
                o.findNumber("repetition_penalty"),
                o.findInteger("max_tokens"),
                o.findString("system")));
  }

  private static Pair pair(JsonObject object) throws JsonException {
    return read(
        object,
        Set.of("embed", "for"),
        o -> {
          Optional<CidReference> embed = ManifestFields.findReference(o, "embed");
          Optional<Cid> embedsFor = findCid(o, "for");
          ManifestChecks.check(
              embed.isPresent() != embedsFor.isPresent(),
              "pair",
              "embed or for",
              "both or neither");
          return embed
              .<Pair>map(Pair.EmbeddedBy::new)
              .orElseGet(() -> new Pair.EmbedsFor(embedsFor.orElseThrow()));
        });
  }

  private static Evals evals(JsonObject object) throws JsonException {
    return read(
        object,
        Set.of("entry", "count", "scorer"),
        o -> new Evals(o.string("entry"), integer(o, "count"), o.findString("scorer")));
  }

  private static Budgets budgets(JsonObject object) throws JsonException {
    return read(
        object,
        Set.of("latency_p95_ms", "size_bytes", "usd_per_1000"),
        o ->
            new Budgets(
                o.findInteger("latency_p95_ms"),
                o.findInteger("size_bytes"),
                o.findNumber("usd_per_1000")));
  }

  private static ManifestEntry entry(JsonObject object) throws JsonException {
    return read(
        object,
        Set.of("name", "size", "digest", "role", "source_sha256"),
        o ->
            new ManifestEntry(
                o.string("name"),
                o.integer("size"),
                new EntryDigest(o.string("digest")),
                constant(o, "role", EntryRole.class),
                o.findString("source_sha256")));
  }
}
