package ai.kolm.artifact;

import ai.kolm.artifact.Manifest.Budgets;
import ai.kolm.artifact.Manifest.Defaults;
import ai.kolm.artifact.Manifest.Evals;
import ai.kolm.artifact.Manifest.License;
import ai.kolm.artifact.Manifest.Pair;
import ai.kolm.artifact.Manifest.Stop;
import ai.kolm.artifact.Manifest.Task;
import ai.kolm.artifact.Manifest.TokenizerSource;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Collects what a manifest says; {@link ArtifactContent} adds the entries.
 *
 * <pre>{@code
 * new ManifestBuilder("phi-redactor", created, List.of(Capability.CHAT), task, license)
 *     .model(model)
 *     .tokenizer(TokenizerSource.GGUF)
 * }</pre>
 */
public final class ManifestBuilder {
  private final String name;
  private final long created;
  private final List<Capability> capabilities;
  private final Task task;
  private final License license;
  private Optional<String> version = Optional.empty();
  private Optional<Cid> parent = Optional.empty();
  private Optional<BaseModel> model = Optional.empty();
  private Optional<TokenizerSource> tokenizer = Optional.empty();
  private Optional<String> chatTemplate = Optional.empty();
  private Stop stop = Stop.NONE;
  private Defaults defaults = Defaults.NONE;
  private List<Adapter> adapters = List.of();
  private Optional<DraftModel> draft = Optional.empty();
  private Optional<EmbeddingOutput> embedding = Optional.empty();
  private Optional<Pair> pair = Optional.empty();
  private Optional<AudioModel> audio = Optional.empty();
  private Optional<Evals> evals = Optional.empty();
  private Budgets budgets = Budgets.NONE;
  private Optional<String> provenance = Optional.empty();
  private Optional<String> build = Optional.empty();

  /**
   * @param name for people
   * @param created seconds since 1970, UTC: see {@link #created}
   * @param capabilities what the artifact can be asked for
   * @param task what it is for
   * @param license under what it may be used
   */
  public ManifestBuilder(
      String name, long created, List<Capability> capabilities, Task task, License license) {
    this.name = name;
    this.created = created;
    this.capabilities = List.copyOf(capabilities);
    this.task = task;
    this.license = license;
  }

  /**
   * The time to write into a manifest: what {@code SOURCE_DATE_EPOCH} says, so that a build can be
   * repeated, else now.
   *
   * @param sourceDateEpoch the value of that environment variable, or null if it is not set
   * @throws IllegalArgumentException if it is no whole number of seconds from 1980 on
   * @see <a href="https://reproducible-builds.org/specs/source-date-epoch/">the specification</a>
   */
  public static long created(@Nullable String sourceDateEpoch, InstantSource clock) {
    if (sourceDateEpoch == null || sourceDateEpoch.isEmpty()) {
      return clock.instant().getEpochSecond();
    }
    long seconds;
    try {
      seconds = Long.parseLong(sourceDateEpoch);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "SOURCE_DATE_EPOCH: expected seconds since 1970, got \"" + sourceDateEpoch + "\"", e);
    }
    ManifestChecks.check(
        seconds >= Manifest.FIRST_CREATED,
        "SOURCE_DATE_EPOCH",
        "at least " + Manifest.FIRST_CREATED + " (1980)",
        seconds);
    return seconds;
  }

  /** Sets the version. */
  public ManifestBuilder version(String value) {
    version = Optional.of(value);
    return this;
  }

  /** Sets what the artifact was derived from. */
  public ManifestBuilder parent(Cid value) {
    parent = Optional.of(value);
    return this;
  }

  /** Sets the model. */
  public ManifestBuilder model(BaseModel value) {
    model = Optional.of(value);
    return this;
  }

  /** Sets where the tokenizer is. */
  public ManifestBuilder tokenizer(TokenizerSource value) {
    tokenizer = Optional.of(value);
    return this;
  }

  /** Sets the entry with the chat template. */
  public ManifestBuilder chatTemplate(String entry) {
    chatTemplate = Optional.of(entry);
    return this;
  }

  /** Sets what ends an answer. */
  public ManifestBuilder stop(Stop value) {
    stop = value;
    return this;
  }

  /** Sets the defaults of requests. */
  public ManifestBuilder defaults(Defaults value) {
    defaults = value;
    return this;
  }

  /** Sets the adapters. */
  public ManifestBuilder adapters(List<Adapter> value) {
    adapters = List.copyOf(value);
    return this;
  }

  /** Sets the draft model. */
  public ManifestBuilder draft(DraftModel value) {
    draft = Optional.of(value);
    return this;
  }

  /** Sets how texts become vectors. */
  public ManifestBuilder embedding(EmbeddingOutput value) {
    embedding = Optional.of(value);
    return this;
  }

  /** Sets the other half of a pair. */
  public ManifestBuilder pair(Pair value) {
    pair = Optional.of(value);
    return this;
  }

  /** Sets the speech model. */
  public ManifestBuilder audio(AudioModel value) {
    audio = Optional.of(value);
    return this;
  }

  /** Sets the evaluation cases. */
  public ManifestBuilder evals(Evals value) {
    evals = Optional.of(value);
    return this;
  }

  /** Sets the budgets. */
  public ManifestBuilder budgets(Budgets value) {
    budgets = value;
    return this;
  }

  /** Sets the entry that says how the weights were made. */
  public ManifestBuilder provenance(String entry) {
    provenance = Optional.of(entry);
    return this;
  }

  /** Sets the entry that says with what the artifact was built. */
  public ManifestBuilder build(String entry) {
    build = Optional.of(entry);
    return this;
  }

  /**
   * The manifest of an artifact with these entries.
   *
   * @throws IllegalArgumentException if a field is not as the format allows it
   */
  Manifest toManifest(List<ManifestEntry> entries) {
    return new Manifest(
        name,
        version,
        created,
        parent,
        capabilities,
        task,
        license,
        model,
        tokenizer,
        chatTemplate,
        stop,
        defaults,
        adapters,
        draft,
        embedding,
        pair,
        audio,
        evals,
        budgets,
        provenance,
        build,
        entries);
  }
}
