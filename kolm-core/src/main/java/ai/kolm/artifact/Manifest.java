package ai.kolm.artifact;

import static ai.kolm.artifact.ManifestChecks.check;
import static ai.kolm.artifact.ManifestChecks.entryName;
import static ai.kolm.artifact.ManifestChecks.ident;
import static ai.kolm.artifact.ManifestChecks.length;
import static ai.kolm.artifact.ManifestChecks.range;
import static ai.kolm.artifact.ManifestChecks.text;
import static ai.kolm.artifact.ManifestChecks.unique;

import ai.kolm.json.CanonicalJson;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * What an artifact says about itself: {@code manifest.json}, one record per object. Read it with
 * {@link Artifact}, make one with {@link ManifestBuilder}. A field that the file does not have is
 * empty here.
 *
 * @param name for people; the model id is the file name
 * @param version for people
 * @param created seconds since 1970, UTC
 * @param parent the artifact it was derived from
 * @param capabilities what it can be asked for, at least one
 * @param task what it is for
 * @param license under what it may be used
 * @param model the model; there for chat and embeddings
 * @param tokenizer where the tokenizer is; there for chat and embeddings
 * @param chatTemplate the entry with the chat template; absent: that of the GGUF
 * @param stop what ends an answer, besides the tokenizer's end tokens
 * @param defaults for what requests leave out
 * @param adapters LoRA adapters
 * @param draft a model that proposes tokens
 * @param embedding how texts become vectors; there for embeddings
 * @param pair the artifact that embeds for this one, or that this one embeds for
 * @param audio the speech model; there for transcriptions
 * @param evals evaluation cases
 * @param budgets for the score, fixed before evaluation
 * @param provenance the entry that says how the weights were made
 * @param build the entry that says with what the artifact was built
 * @param entries every content entry except the manifest, by name
 */
public record Manifest(
    String name,
    Optional<String> version,
    long created,
    Optional<Cid> parent,
    List<Capability> capabilities,
    Task task,
    License license,
    Optional<BaseModel> model,
    Optional<TokenizerSource> tokenizer,
    Optional<String> chatTemplate,
    Stop stop,
    Defaults defaults,
    List<Adapter> adapters,
    Optional<DraftModel> draft,
    Optional<EmbeddingOutput> embedding,
    Optional<Pair> pair,
    Optional<AudioModel> audio,
    Optional<Evals> evals,
    Budgets budgets,
    Optional<String> provenance,
    Optional<String> build,
    List<ManifestEntry> entries) {
  /** The version of the format that this library reads and writes. */
  public static final String SPEC = "kolm-artifact/1";

  /** 1980-01-01, the first second a ZIP file can name. */
  static final long FIRST_CREATED = 315_532_800L;

  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._-]{0,63}");
  private static final int MAX_ENTRIES = 1_022;
  private static final int MAX_ADAPTERS = 64;

  /**
   * @throws IllegalArgumentException if a field is not as the format allows it
   */
  public Manifest {
    capabilities = List.copyOf(capabilities);
    adapters = List.copyOf(adapters);
    entries = List.copyOf(entries);
    ManifestChecks.form("name", name, NAME);
    version.ifPresent(value -> length("version", value, 1, 64));
    range("created", created, FIRST_CREATED, CanonicalJson.MAX_INTEGER);
    unique("capabilities", capabilities, 1, 8);
    ManifestChecks.count("adapters", adapters, 0, MAX_ADAPTERS);
    ManifestChecks.count("entries", entries, 1, MAX_ENTRIES);
    provenance.ifPresent(entry -> entryName("provenance", entry));
    build.ifPresent(entry -> entryName("build", entry));
    chatTemplate.ifPresent(entry -> entryName("chat_template", entry));
    check(model.isPresent() || audio.isPresent(), "model", "model or audio", "neither");
    boolean embeds = capabilities.contains(Capability.EMBEDDINGS);
    boolean withText = embeds || capabilities.contains(Capability.CHAT);
    check(!withText || model.isPresent(), "model", "a model for chat or embeddings", "none");
    check(!withText || tokenizer.isPresent(), "tokenizer", "one for chat or embeddings", "none");
    check(!embeds || embedding.isPresent(), "embedding", "it for embeddings", "none");
    boolean transcribes = capabilities.contains(Capability.TRANSCRIPTIONS);
    check(!transcribes || audio.isPresent(), "audio", "it for transcriptions", "none");
  }

  /** Whether it makes vectors and nothing else: it cannot be asked to chat. */
  public boolean onlyEmbeds() {
    return capabilities.contains(Capability.EMBEDDINGS) && !capabilities.contains(Capability.CHAT);
  }

  /** Whether an artifact may have this name: lower-case letters, digits and ._- up to 64. */
  public static boolean isName(String text) {
    return NAME.matcher(text).matches();
  }

  /**
   * What an artifact is for.
   *
   * @param kind of task
   * @param namespace groups tasks
   * @param description for people
   * @param languages two or three letters each
   * @param tags for people
   */
  public record Task(
      Kind kind,
      Optional<String> namespace,
      Optional<String> description,
      List<String> languages,
      List<String> tags) {

    /** The kinds of task. */
    public enum Kind {
      /** Conversation. */
      CHAT,
      /** Choose a class. */
      CLASSIFICATION,
      /** Find parts of a text. */
      EXTRACTION,
      /** Remove parts of a text. */
      REDACTION,
      /** Call functions. */
      TOOL_USE,
      /** Shorten a text. */
      SUMMARIZATION,
      /** Vectors of texts. */
      EMBEDDING,
      /** Texts of recordings. */
      TRANSCRIPTION,
      /** Anything else. */
      OTHER
    }

    /**
     * @throws IllegalArgumentException if a field is not as the manifest allows it
     */
    public Task {
      languages = List.copyOf(languages);
      tags = List.copyOf(tags);
      namespace.ifPresent(value -> ident("namespace", value));
      description.ifPresent(value -> text("description", value));
      ManifestChecks.languages(languages);
      unique("tags", tags, 0, 64);
      tags.forEach(tag -> ident("tags", tag));
    }

    /** A task of which only the kind is said. */
    public static Task of(Kind kind) {
      return new Task(kind, Optional.empty(), Optional.empty(), List.of(), List.of());
    }
  }

  /**
   * Under what an artifact may be used.
   *
   * @param id an SPDX identifier or {@code LicenseRef-...}
   * @param base the licence of the base model
   * @param entry the entry with the text
   * @param notice for people
   */
  public record License(
      String id, Optional<String> base, Optional<String> entry, Optional<String> notice) {

    /**
     * @throws IllegalArgumentException if a field is not as the manifest allows it
     */
    public License {
      length("id", id, 1, ManifestChecks.MAX_LICENSE);
      base.ifPresent(value -> length("base", value, 1, ManifestChecks.MAX_LICENSE));
      entry.ifPresent(name -> entryName("entry", name));
      notice.ifPresent(value -> text("notice", value));
    }

    /** A licence of which only the identifier is said. */
    public static License of(String id) {
      return new License(id, Optional.empty(), Optional.empty(), Optional.empty());
    }
  }

  /**
   * Where the tokenizer is.
   *
   * @param entry the entry with it; absent: it is in the GGUF
   */
  public record TokenizerSource(Optional<String> entry) {
    /** In the GGUF. */
    public static final TokenizerSource GGUF = new TokenizerSource(Optional.empty());

    /**
     * @throws IllegalArgumentException if the entry cannot have that name
     */
    public TokenizerSource {
      entry.ifPresent(name -> entryName("entry", name));
    }
  }

  /**
   * What ends an answer, besides the tokenizer's end tokens.
   *
   * @param tokenIds at most 64
   * @param strings at most 16
   */
  public record Stop(List<Integer> tokenIds, List<String> strings) {
    /** Nothing more. */
    public static final Stop NONE = new Stop(List.of(), List.of());

    /**
     * @throws IllegalArgumentException if a field is not as the manifest allows it
     */
    public Stop {
      tokenIds = List.copyOf(tokenIds);
      strings = List.copyOf(strings);
      unique("token_ids", tokenIds, 0, 64);
      tokenIds.forEach(id -> range("token_ids", id, 0, BaseModel.MAX_VOCABULARY - 1));
      unique("strings", strings, 0, 16);
      strings.forEach(value -> length("strings", value, 1, 128));
    }
  }

  /**
   * What requests that leave a value out get.
   *
   * @param temperature 0 to 2
   * @param topP above 0, at most 1
   * @param topK 0 to 1,048,576
   * @param minP 0 to 1
   * @param repetitionPenalty 0.1 to 10
   * @param maxTokens of an answer
   * @param system the system message
   */
  public record Defaults(
      OptionalDouble temperature,
      OptionalDouble topP,
      OptionalLong topK,
      OptionalDouble minP,
      OptionalDouble repetitionPenalty,
      OptionalLong maxTokens,
      Optional<String> system) {
    /** Those of the interface. */
    public static final Defaults NONE =
        new Defaults(
            OptionalDouble.empty(),
            OptionalDouble.empty(),
            OptionalLong.empty(),
            OptionalDouble.empty(),
            OptionalDouble.empty(),
            OptionalLong.empty(),
            Optional.empty());

    /**
     * @throws IllegalArgumentException if a value is out of range
     */
    public Defaults {
      temperature.ifPresent(t -> range("temperature", t, 0, 2));
      topP.ifPresent(p -> check(p > 0 && p <= 1, "top_p", "above 0, at most 1", p));
      topK.ifPresent(k -> range("top_k", k, 0, BaseModel.MAX_VOCABULARY));
      minP.ifPresent(p -> range("min_p", p, 0, 1));
      repetitionPenalty.ifPresent(p -> range("repetition_penalty", p, 0.1, 10));
      maxTokens.ifPresent(n -> range("max_tokens", n, 1, ManifestChecks.MAX_CONTEXT));
      system.ifPresent(value -> text("system", value));
    }
  }

  /** The other half of a pair of one artifact that chats and one that embeds. */
  public sealed interface Pair {
    /**
     * In an artifact that chats: the one that embeds for it.
     *
     * @param artifact the other one
     */
    record EmbeddedBy(CidReference artifact) implements Pair {}

    /**
     * In an artifact that embeds: the one it embeds for.
     *
     * @param artifact the other one
     */
    record EmbedsFor(Cid artifact) implements Pair {}
  }

  /**
   * Evaluation cases.
   *
   * @param entry the entry with them
   * @param count how many, 1 to 1,000,000
   * @param scorer the one used unless a case names another
   */
  public record Evals(String entry, int count, Optional<String> scorer) {
    /**
     * @throws IllegalArgumentException if a field is not as the manifest allows it
     */
    public Evals {
      entryName("entry", entry);
      range("count", count, 1, 1_000_000);
      scorer.ifPresent(value -> ident("scorer", value));
    }
  }

  /**
   * The budgets of the score.
   *
   * @param latencyP95Ms milliseconds, 1 to 600,000
   * @param sizeBytes of the artifact
   * @param usdPer1000 US dollars for 1,000 requests, above 0, at most 1,000,000
   */
  public record Budgets(
      OptionalLong latencyP95Ms, OptionalLong sizeBytes, OptionalDouble usdPer1000) {
    /** No budgets. */
    public static final Budgets NONE =
        new Budgets(OptionalLong.empty(), OptionalLong.empty(), OptionalDouble.empty());

    /**
     * @throws IllegalArgumentException if a value is out of range
     */
    public Budgets {
      latencyP95Ms.ifPresent(ms -> range("latency_p95_ms", ms, 1, 600_000));
      ManifestChecks.atLeastOne("size_bytes", sizeBytes);
      usdPer1000.ifPresent(
          usd -> check(usd > 0 && usd <= 1e6, "usd_per_1000", "above 0, at most 1000000", usd));
    }
  }
}
