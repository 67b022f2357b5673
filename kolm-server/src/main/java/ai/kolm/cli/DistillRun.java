package ai.kolm.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.artifact.ArtifactException;
import ai.kolm.artifact.Sha256;
import ai.kolm.capture.CaptureReader;
import ai.kolm.chat.ConversationEncoder;
import ai.kolm.chat.RunOptions;
import ai.kolm.cli.pack.DiskSpace;
import ai.kolm.cli.pack.DistilledModel.Form;
import ai.kolm.distill.BaseLadder;
import ai.kolm.distill.CapturedData;
import ai.kolm.distill.Dataset;
import ai.kolm.distill.DistillException;
import ai.kolm.distill.DistillException.Reason;
import ai.kolm.distill.Example;
import ai.kolm.distill.ExampleCases;
import ai.kolm.distill.ExampleEncoder;
import ai.kolm.distill.RunFile;
import ai.kolm.training.TrainingPlan;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** From captures to an artifact: data set, bases, training, measuring, packing. For one use. */
final class DistillRun {
  private static final int SPARE_TOKENS = 32;
  private static final int MAX_ANSWER = 4_096;

  private final CommandContext context;
  private final TrustFlags trust;
  private final DistillFlags flags;
  private final RunOptions options;
  private final boolean resume;

  /**
   * @param resume whether only a run that was begun may go on
   */
  DistillRun(
      CommandContext context,
      TrustFlags trust,
      DistillFlags flags,
      RunOptions options,
      boolean resume) {
    this.context = context;
    this.trust = trust;
    this.flags = flags;
    this.options = options;
    this.resume = resume;
  }

  /**
   * Makes the artifact.
   *
   * @param target its file
   */
  DistillReport make(CaptureReader reader, DistillBases bases, TrainingPlan plan, Path target)
      throws IOException, ModelFormatException, ArtifactException, DistillException {
    if (flags.merge()) {
      DistillMerge.check(bases);
    }
    String namespace = reader.meta().name();
    Map<String, ExampleEncoder> encoders = encoders(bases, plan, CapturedData.clock(reader));
    Path datasets = context.home().root().resolve("datasets").resolve(namespace);
    CapturedData data =
        CapturedData.read(reader, datasets, flags.seed(), List.copyOf(encoders.values()));
    data.requireEnough(flags.allowSmall());
    DiskSpace.require(target, bases.all().getLast().bytes());
    RunFile begun = RunFile.begin(namespace, data.dataset().id(), configuration(bases, plan));
    Path directory = context.home().root().resolve("runs").resolve(begun.id());
    Optional<RunFile> before = before(directory, begun);
    try (RunLock _ = RunLock.of(directory)) {
      boolean encrypted = reader.meta().encrypted();
      data.dataset().write(datasets, flags.seed(), !encrypted);
      RunFile run = before.orElse(begun);
      run.write(directory);
      tell(data, encrypted, before.isPresent(), begun.id());
      if (!bases.missing().isEmpty()) {
        context.console().tell("bases   not here and left out: " + bases.missing());
      }
      ExampleCases cases = new ExampleCases(data.dataset(), maxTokens(data, encoders));
      DevMeasure measure = new DevMeasure(context, trust, options, cases);
      DistillTrials trials =
          new DistillTrials(
              new DistillTrials.Setup(
                  context, options, flags.within(plan), flags.maxHours(), directory, measure),
              bases,
              encoders,
              data.dataset().train(),
              data.dataset().dev(),
              run);
      BaseLadder.Choice choice =
          new BaseLadder(flags.target(), trials)
              .climb(bases.all().stream().map(DistillBases.Base::name).toList());
      DistillBases.Base base = bases.get(choice.best().base());
      DevMeasure.Agreement holdout =
          measure.measure(base.path(), trials.adapter(choice.best()), data.dataset().holdout());
      DistillPacking packing = new DistillPacking(context, flags, encrypted);
      DistillPacking.Made made = new DistillPacking.Made(data, choice, cases, holdout);
      Form form = flags.delta() ? new Form.Delta() : new Form.Beside();
      DistillReport report =
          flags.merge()
              ? new DistillMerge(context, packing, measure, directory)
                  .pack(made, base, trials, plan, target)
              : packing.pack(made, base, trials, plan, form, target);
      trials.run().done().write(directory);
      return report;
    }
  }

  private static Map<String, ExampleEncoder> encoders(
      DistillBases bases, TrainingPlan plan, Clock clock) throws ModelFormatException {
    Map<String, ExampleEncoder> encoders = new LinkedHashMap<>();
    for (DistillBases.Base base : bases.all()) {
      int contextLength = base.artifact().manifest().model().orElseThrow().contextLength();
      encoders.put(
          base.name(),
          new ExampleEncoder(
              ConversationEncoder.of(base.files(), clock),
              Math.min(plan.maxLength(), contextLength)));
    }
    return encoders;
  }

  /** A digest of all that decides the result besides the data. */
  private String configuration(DistillBases bases, TrainingPlan plan) {
    String cids = bases.all().stream().map(DistillBases.Base::cid).collect(Collectors.joining(" "));
    String text = "kolm-distill/1\n%s\n%s\n%s".formatted(cids, plan, flags.target());
    return HexFormat.of().formatHex(Sha256.start().digest(text.getBytes(UTF_8)));
  }

  /** What was done of this run before. */
  private Optional<RunFile> before(Path directory, RunFile begun)
      throws IOException, DistillException {
    Optional<RunFile> before = RunFile.read(directory);
    if (before.isPresent() || !resume) {
      return before;
    }
    Map<Path, RunFile> others =
        RunFile.unfinished(context.home().root().resolve("runs"), begun.namespace());
    if (others.isEmpty()) {
      throw new DistillException(
          Reason.NO_DATA,
          "--resume: no run of namespace \"%s\" was interrupted".formatted(begun.namespace()));
    }
    RunFile other = List.copyOf(others.values()).getLast();
    String changed =
        other.dataset().equals(begun.dataset())
            ? "other bases or settings"
            : "other captures: they are data set %s now, and were %s"
                .formatted(begun.dataset(), other.dataset());
    throw new DistillException(
        Reason.MISMATCH,
        "--resume: run %s was begun with %s; without --resume a new run begins"
            .formatted(other.id(), changed));
  }

  private void tell(CapturedData data, boolean encrypted, boolean again, String id) {
    Dataset dataset = data.dataset();
    context
        .console()
        .tell(
            "data    %,d captures -> %,d examples in clusters: train %,d  dev %,d  holdout %,d%s"
                .formatted(
                    data.records(),
                    dataset.size(),
                    dataset.clusters().get(0),
                    dataset.clusters().get(1),
                    dataset.clusters().get(2),
                    dataset.dropped().isEmpty()
                        ? ""
                        : "  (dropped: %s)".formatted(CapturedData.drops(dataset))));
    context.console().tell("run     %s%s".formatted(id, again ? "  goes on" : ""));
    context
        .console()
        .tell(
            "terms   whether answers of %s may be learned from is for you to check"
                .formatted(String.join(", ", data.providers())));
    if (encrypted) {
      context
          .console()
          .tell(
              "the namespace is encrypted: no text of it is written, neither into the data set nor"
                  + " into the artifact");
    }
  }

  /** Tokens that an answer may have: more than any that was captured. */
  private static int maxTokens(CapturedData data, Map<String, ExampleEncoder> encoders) {
    int longest = 1;
    for (ExampleEncoder encoder : encoders.values()) {
      for (Example example : data.dataset().train()) {
        longest = Math.max(longest, encoder.encode(example).learnedTokens());
      }
    }
    return Math.min(MAX_ANSWER, 2 * longest + SPARE_TOKENS);
  }
}
