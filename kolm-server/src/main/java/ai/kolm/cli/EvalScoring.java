package ai.kolm.cli;

import ai.kolm.chat.RunOptions;
import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.embedding.Embeddings;
import ai.kolm.engine.EngineException;
import ai.kolm.eval.EvalCases;
import ai.kolm.eval.EvalException;
import ai.kolm.eval.Judge;
import ai.kolm.eval.Scorer;
import ai.kolm.eval.Scoring;
import ai.kolm.eval.Similarity;
import ai.kolm.eval.TaskType;
import ai.kolm.source.ModelFiles;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How answers are scored, as flags of {@code kolm eval} say it. */
final class EvalScoring {
  @Option(
      names = "--scorer",
      paramLabel = "ID",
      description = "How all cases are scored, those too that name a scorer of their own.")
  private @Nullable String scorer;

  @Option(
      names = "--embed",
      paramLabel = "X",
      description =
          "Compare what texts mean by the vectors of this model; default: the artifact X.embed.kolm"
              + " beside X.kolm.")
  private @Nullable String embedder;

  @Option(
      names = "--judge",
      paramLabel = "P:MODEL",
      description = "Who grades answers by a rubric, such as openai:gpt-4o.")
  private @Nullable String judge;

  @Option(
      names = "--allow-self-judge",
      description = "Let the baseline grade its own answers as well.")
  private boolean allowSelfJudge;

  EvalScoring() {}

  /**
   * What is evaluated.
   *
   * @param chat where the model is
   * @param cases that it is asked
   * @param baseline who it is compared with
   */
  record Subject(Path chat, EvalCases cases, Optional<String> baseline) {}

  /** A model that makes vectors, and its CID or name. */
  private record Vectors(String name, Embeddings embeddings) {}

  /** A way to score, and the models that it takes; these are closed with it. */
  record Opened(Scoring scoring, Runnable models) implements AutoCloseable {
    @Override
    public void close() {
      models.run();
    }
  }

  /**
   * Opens what scoring takes.
   *
   * @param ask opens a provider
   */
  Opened open(
      CommandContext context,
      TrustFlags trust,
      RunOptions options,
      Subject subject,
      ProviderOpener ask)
      throws IOException, ModelFormatException, EvalException {
    Optional<EvalProvider> grader = grader(subject, ask);
    Optional<Vectors> vectors = Optional.empty();
    boolean done = false;
    try {
      vectors = vectors(context, trust, options, subject.chat());
      Scoring scoring = scoring(subject.cases(), vectors, grader);
      scoring.check(subject.cases(), subject.baseline().isPresent());
      done = true;
      Optional<Vectors> opened = vectors;
      return new Opened(scoring, () -> close(opened, grader));
    } finally {
      if (!done) {
        close(vectors, grader);
      }
    }
  }

  private static void close(Optional<Vectors> vectors, Optional<EvalProvider> grader) {
    vectors.ifPresent(model -> model.embeddings().close());
    grader.ifPresent(EvalProvider::close);
  }

  private Optional<EvalProvider> grader(Subject subject, ProviderOpener ask) throws IOException {
    String named = judge;
    if (named == null) {
      return Optional.empty();
    }
    if (subject.baseline().filter(named::equals).isPresent() && !allowSelfJudge) {
      throw new CommandException(
          ExitCode.REFUSED,
          "--judge: %s would grade its own answers; --allow-self-judge permits it"
              .formatted(named));
    }
    return Optional.of(ask.open("--judge", named));
  }

  private Optional<Vectors> vectors(
      CommandContext context, TrustFlags trust, RunOptions options, Path chat)
      throws IOException, ModelFormatException {
    Optional<Path> path =
        embedder == null
            ? EmbedderOpener.beside(chat)
            : Optional.of(new ModelOpener(context).path(embedder));
    if (path.isEmpty()) {
      return Optional.empty();
    }
    ModelFiles files = trust.open(context, path.get());
    String name = files.artifact().map(open -> open.cid().text()).orElse(files.id());
    return Optional.of(new Vectors(name, Embeddings.of(files, options)));
  }

  private Scoring scoring(EvalCases cases, Optional<Vectors> vectors, Optional<EvalProvider> grader)
      throws EvalException {
    TaskType found = TaskType.of(cases.cases());
    TaskType type = vectors.isPresent() ? found.withSimilarity() : found;
    if (scorer != null) {
      type = new TaskType(found.name(), Scorer.of(scorer), scorer.equals("token_f1"));
    }
    return new Scoring(
        type,
        scorer != null,
        vectors.map(model -> similarity(model.name(), model.embeddings())),
        grader.map(provider -> new Judge(provider.name(), provider::ask)));
  }

  /** Opens a provider that a flag names. */
  @FunctionalInterface
  interface ProviderOpener {
    EvalProvider open(String flag, String name) throws IOException;
  }

  /** Vectors are kept: what is expected is compared with the answers of both sides. */
  private static Similarity similarity(String name, Embeddings embeddings) {
    Map<String, Optional<float[]>> known = new HashMap<>();
    return new Similarity(
        name, text -> known.computeIfAbsent(text, one -> vector(embeddings, one)));
  }

  private static Optional<float[]> vector(Embeddings embeddings, String text) {
    try {
      return Optional.of(embeddings.embed(text));
    } catch (EngineException e) {
      return Optional.empty(); // blank, or longer than the model can read
    }
  }

  /** What is scored by a model is told with the name of that model. */
  static List<String> lines(Scoring scoring) {
    return List.of(
            scoring.similarity().map(model -> "similarity by the vectors of " + model.name()),
            scoring.judge().map(model -> "judge " + model.name() + ", blind, in both orders"))
        .stream()
        .flatMap(Optional::stream)
        .toList();
  }
}
