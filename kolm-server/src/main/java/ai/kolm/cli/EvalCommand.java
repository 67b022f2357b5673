package ai.kolm.cli;

import ai.kolm.artifact.Artifact;
import ai.kolm.artifact.ArtifactException;
import ai.kolm.artifact.Manifest;
import ai.kolm.chat.ChatCompletions;
import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.distill.LeakCheck;
import ai.kolm.distill.Provenance;
import ai.kolm.eval.AnswerRetention;
import ai.kolm.eval.EvalCase;
import ai.kolm.eval.EvalCases;
import ai.kolm.eval.EvalException;
import ai.kolm.eval.EvalReport;
import ai.kolm.eval.EvalStatement;
import ai.kolm.eval.Evaluation;
import ai.kolm.eval.Gate;
import ai.kolm.eval.Price;
import ai.kolm.eval.ReportFiles;
import ai.kolm.eval.Scoring;
import ai.kolm.eval.SideAnswers;
import ai.kolm.eval.Traffic;
import ai.kolm.json.Json;
import ai.kolm.source.ModelFiles;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Decides with numbers whether a local model may stand in for a provider's. */
@Command(
    name = "eval",
    description = {
      "Ask a local model and a baseline the same questions, score both, and say whether the local",
      "one may stand in: exit 0 if it may, 2 if not or if nothing can be said."
    })
final class EvalCommand implements Callable<Integer> {
  private final CommandContext context;

  @Mixin private final EngineFlags engine = new EngineFlags();

  @Mixin private final TrustFlags trust = new TrustFlags();

  @Mixin private final EvalScoring scorers = new EvalScoring();

  @Parameters(paramLabel = "X", description = "An artifact, or a model file.")
  private String model = "";

  @Option(
      names = "--baseline",
      paramLabel = "P:MODEL",
      description = "Whom to compare with, such as openai:gpt-4o-mini; without: only a floor.")
  private @Nullable String baseline;

  @Option(
      names = "--provider",
      paramLabel = "NAME=URL",
      description = "A further provider that --baseline may name.")
  private List<String> providers = List.of();

  @Option(
      names = "--evals",
      paramLabel = "FILE",
      description = "Cases, as JSON lines; default: those in the artifact.")
  private @Nullable Path evals;

  @Option(
      names = "--replay",
      description = "Use only answers of the baseline that are known; call nobody.")
  private boolean replay;

  @Option(
      names = "--margin",
      paramLabel = "SHARE",
      description = "By how much the local model may be worse; default 0.05.")
  private double margin = Gate.DEFAULT.margin();

  @Option(
      names = "--min-accuracy",
      paramLabel = "SHARE",
      description = "The floor of its accuracy; default 0.70.")
  private double minAccuracy = Gate.DEFAULT.minAccuracy();

  @Option(names = "--gate", paramLabel = "K", description = "The floor of its K; default 0.85.")
  private double gate = Gate.DEFAULT.gate();

  @Option(
      names = "--price",
      paramLabel = "IN,OUT",
      description = "What the baseline takes, in USD for a million tokens.")
  private @Nullable String price;

  @Option(
      names = "--usd-per-hour",
      paramLabel = "USD",
      description = "What this machine costs while it computes; default 0.05, an assumption.")
  private double usdPerHour = 0.05;

  EvalCommand(CommandContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException, ModelFormatException, ArtifactException {
    Path file = new ModelOpener(context).path(model);
    try (ModelFiles files = trust.open(context, file)) {
      EvalCases cases = cases(files);
      EvalRetention.expire(context, System.currentTimeMillis());
      AnswerRetention retention = EvalRetention.of(context, files.artifact());
      EvalScoring.ProviderOpener ask =
          (flag, name) -> EvalProvider.of(context, flag, name, providers, replay, retention);
      EvalScoring.Subject subject =
          new EvalScoring.Subject(file, cases, Optional.ofNullable(baseline));
      try (EvalScoring.Opened opened =
          scorers.open(context, trust, engine.options(context), subject, ask)) {
        return evaluate(files, file, cases, opened.scoring(), ask, retention);
      }
    } catch (EvalException e) {
      throw refusal(e);
    }
  }

  private int evaluate(
      ModelFiles files,
      Path file,
      EvalCases cases,
      Scoring scoring,
      EvalScoring.ProviderOpener ask,
      AnswerRetention retention)
      throws IOException, ModelFormatException, ArtifactException, EvalException {
    Gate rules = new Gate(margin, minAccuracy, gate);
    // Missing answers show before the local model has computed for an hour.
    Optional<SideAnswers> other = Optional.empty();
    Optional<Price> known = Optional.empty();
    if (baseline != null) {
      try (EvalProvider provider = ask.open("--baseline", baseline)) {
        EvalBaseline asked = EvalBaseline.of(context, provider, price);
        known = Optional.of(asked.price());
        other = Optional.of(asked.answer(cases));
      }
    }
    EvalLocal.Answered local;
    // The model closes its files with itself; these are still needed.
    try (ChatCompletions chat =
        ModelOpener.chat(trust.open(context, file), engine.options(context))) {
      local = new EvalLocal(context, files, chat, usdPerHour).answer(cases);
    }
    Scoring.Scored scored = scoring.score(cases, local.side(), other);
    Evaluation evaluation =
        Evaluation.of(
            cases,
            scoring.type(),
            scored.local(),
            scored.baseline(),
            given(files, local, leaks(files, cases), rules, file));
    report(evaluation, files, known, scoring, retention);
    statement(evaluation, files, file, rules);
    boolean passed = isReady(evaluation, files);
    return (passed ? ExitCode.OK : ExitCode.GATE_FAILED).number();
  }

  /** What was made of too few captures is not, however well it does. */
  private static boolean isReady(Evaluation evaluation, ModelFiles files) {
    boolean small =
        evaluation.baseline().isPresent()
            && files.artifact().filter(Provenance::isSmall).isPresent();
    return evaluation.numbers().verdict() == Gate.Verdict.PASSED && !small;
  }

  /** How a command ends that could not measure. */
  static CommandException refusal(EvalException e) {
    ExitCode code =
        switch (e.reason()) {
          case CASES -> ExitCode.REFUSED;
          case PREREQUISITE -> ExitCode.PREREQUISITE;
        };
    return new CommandException(code, String.valueOf(e.getMessage()), e);
  }

  private EvalCases cases(ModelFiles files) throws IOException, EvalException {
    if (evals != null) {
      return EvalCases.read(Files.readAllBytes(evals));
    }
    Optional<Artifact> artifact = files.artifact();
    Optional<Manifest.Evals> inside = artifact.flatMap(open -> open.manifest().evals());
    if (artifact.isEmpty() || inside.isEmpty()) {
      throw new CommandException(
          ExitCode.NOT_FOUND, "%s has no cases in it; name some with --evals".formatted(model));
    }
    return EvalCases.read(
        artifact.get().entry(inside.get().entry()).toArray(ValueLayout.JAVA_BYTE));
  }

  /** Cases that the artifact was trained on, where its data set is here. */
  private Optional<Integer> leaks(ModelFiles files, EvalCases cases) throws IOException {
    Path datasets = context.home().root().resolve("datasets");
    List<List<Json>> questions = cases.cases().stream().map(EvalCase::messages).toList();
    return files.artifact().isEmpty()
        ? Optional.empty()
        : LeakCheck.leaks(files.artifact().get(), datasets, questions);
  }

  private static Evaluation.Given given(
      ModelFiles files, EvalLocal.Answered local, Optional<Integer> leaks, Gate rules, Path file)
      throws IOException {
    Manifest.Budgets budgets =
        files
            .artifact()
            .map(artifact -> artifact.manifest().budgets())
            .orElse(Manifest.Budgets.NONE);
    long bytes = 0;
    for (var content : files.content()) {
      bytes += Files.size(content.path());
    }
    return new Evaluation.Given(
        Math.max(bytes, Files.isRegularFile(file) ? Files.size(file) : 0),
        budgets.sizeBytes().orElse(0),
        budgets.latencyP95Ms().orElse(0),
        budgets.usdPer1000().orElse(0),
        local.receiptFaults(),
        leaks,
        traffic(files),
        rules);
  }

  private static Traffic traffic(ModelFiles files) {
    return files
        .artifact()
        .map(open -> new Traffic(Provenance.traffic(open), open.manifest().task().tags()))
        .orElse(Traffic.UNKNOWN);
  }

  private void report(
      Evaluation evaluation,
      ModelFiles files,
      Optional<Price> known,
      Scoring scoring,
      AnswerRetention retention)
      throws IOException {
    String cid = files.artifact().map(artifact -> artifact.cid().text()).orElse(files.id());
    String name = cid.substring(Math.max(0, cid.lastIndexOf(':') + 1));
    Path directory =
        EvalRetention.reports(context)
            .resolve(
                "%s-%s"
                    .formatted(
                        name.substring(0, Math.min(8, name.length())),
                        Instant.now().toString().replaceAll("[:.]", "-")));
    Map<String, Json> about = new LinkedHashMap<>();
    about.put("cid", new Json.Str(cid));
    about.put("baseline_name", new Json.Str(baseline == null ? "" : baseline));
    about.put("margin", new Json.Real(margin));
    about.put("min_accuracy", new Json.Real(minAccuracy));
    about.put("gate", new Json.Real(gate));
    about.put("usd_per_hour", new Json.Real(usdPerHour));
    known.ifPresent(of -> about.put("price", of.json()));
    scoring.similarity().ifPresent(of -> about.put("embedder", new Json.Str(of.name())));
    scoring.judge().ifPresent(of -> about.put("judge", new Json.Str(of.name())));
    String title = "%s against %s".formatted(files.id(), baseline == null ? "a floor" : baseline);
    ReportFiles.write(directory, evaluation, about, title, retention, System.currentTimeMillis());
    EvalReport.lines(evaluation).forEach(context.console()::line);
    EvalScoring.lines(scoring).forEach(context.console()::line);
    context.console().tell("report in " + directory);
  }

  /** Nothing else makes an artifact production ready. */
  private void statement(Evaluation evaluation, ModelFiles files, Path file, Gate rules)
      throws IOException {
    Optional<Artifact> artifact = files.artifact();
    if (artifact.isEmpty() || evaluation.baseline().isEmpty()) {
      return;
    }
    if (!isReady(evaluation, files)) {
      if (evaluation.numbers().verdict() == Gate.Verdict.PASSED) {
        context
            .console()
            .tell("no statement: it was distilled from too few captures (--allow-small)");
      }
      if (EvalStatement.remove(artifact.get(), file, evaluation.cases().digest())) {
        context.console().tell("an earlier statement about these cases was removed");
      }
      return;
    }
    Map<String, Json> statement = new LinkedHashMap<>();
    statement.put("v", new Json.Int(1));
    statement.put("cid", new Json.Str(artifact.get().cid().text()));
    statement.put("evals_digest", new Json.Str(evaluation.cases().digest()));
    statement.put("baseline", new Json.Str(evaluation.baseline().get().name()));
    statement.put("n", new Json.Int(evaluation.cases().cases().size()));
    statement.put("accuracy", new Json.Real(evaluation.numbers().localAccuracy()));
    statement.put("k", new Json.Real(evaluation.numbers().localScore().k()));
    statement.put("gate", new Json.Real(rules.gate()));
    statement.put("passed", new Json.Bool(true));
    statement.put("engine", new Json.Str("kolm"));
    statement.put(
        "hardware",
        new Json.Str(
            "%s, %d processors"
                .formatted(
                    System.getProperty("os.arch"), Runtime.getRuntime().availableProcessors())));
    statement.put("at", new Json.Int(Instant.now().getEpochSecond()));
    EvalStatement.write(
        artifact.get(), file, new Json.Obj(statement), new UserTrust(context).signingKey());
    context.console().tell("statement written, production ready");
  }
}
