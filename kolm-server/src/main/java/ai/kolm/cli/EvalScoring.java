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

  /** A way to score, and the models that it takes; these are closed with it. */
  record Opened(Scoring scoring, Optional<Embeddings> embedder, Optional<EvalProvider> judge)
      implements AutoCloseable {
    @Override
    public void close() {
      embedder.ifPresent(Embeddings::close);
      judge.ifPresent(EvalProvider::close);
    }
  }

  /**
   * Opens what scoring takes.
   *
   * @param chat where the model is that is evaluated
   * @param baseline who it is compared with
   * @param ask opens a provider
   */
  Opened open(
      CommandContext context,
      TrustFlags trust,
      RunOptions options,
      Path chat,
      EvalCases cases,
      @Nullable String baseline,
      ProviderOpener ask)
      throws IOException, ModelFormatException, EvalException {
    String grader = judge;
    if (grader != null && grader.equals(baseline) && !allowSelfJudge) {
      throw new CommandException(
          ExitCode.REFUSED,
          "--judge: %s would grade its own answers; --allow-self-judge permits it"
              .formatted(grader));
    }
    Optional<EvalProvider> graders =
        grader == null ? Optional.empty() : Optional.of(ask.open("--judge", grader));
    boolean done = false;
    Optional<Embeddings> vectors = Optional.empty();
    try {
      TaskType found = TaskType.of(cases.cases());
      Optional<Path> named =
          embedder != null
              ? Optional.of(new ModelOpener(context).path(embedder))
              : EmbedderOpener.beside(chat);
      Optional<Similarity> similarity = Optional.empty();
      if (named.isPresent()) {
        ModelFiles files = trust.open(context, named.get());
        String name = files.artifact().map(open -> open.cid().text()).orElse(files.id());
        Embeddings opened = Embeddings.of(files, options);
        vectors = Optional.of(opened);
        similarity = Optional.of(similarity(name, opened));
        found = found.withSimilarity();
      }
      TaskType type =
          scorer == null
              ? found
              : new TaskType(found.name(), Scorer.of(scorer), scorer.equals("token_f1"));
      Scoring scoring =
          new Scoring(
              type,
              scorer != null,
              similarity,
              graders.map(provider -> new Judge(provider.name(), provider::ask)));
      scoring.check(cases, baseline != null);
      done = true;
      return new Opened(scoring, vectors, graders);
    } finally {
      if (!done) {
        vectors.ifPresent(Embeddings::close);
        graders.ifPresent(EvalProvider::close);
      }
    }
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
