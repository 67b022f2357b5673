package ai.kolm.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.artifact.ArtifactException;
import ai.kolm.artifact.Manifest;
import ai.kolm.artifact.ManifestBuilder;
import ai.kolm.cli.pack.DistilledModel;
import ai.kolm.cli.pack.DistilledPacker;
import ai.kolm.cli.pack.PackedModel;
import ai.kolm.distill.BaseLadder;
import ai.kolm.distill.CapturedData;
import ai.kolm.distill.Example;
import ai.kolm.distill.ExampleCases;
import ai.kolm.distill.Provenance;
import ai.kolm.eval.Scorer;
import ai.kolm.json.JsonText;
import ai.kolm.training.TrainingPlan;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/** Makes an artifact of what was trained: what it is for, how it is judged, how it was made. */
final class DistillPacking {
  private final CommandContext context;
  private final DistillFlags flags;
  private final boolean withoutText;

  /**
   * What is packed.
   *
   * @param data that was learned
   * @param choice of the base
   * @param cases how answers are scored
   * @param holdout what it says to the holdout
   */
  record Made(
      CapturedData data,
      BaseLadder.Choice choice,
      ExampleCases cases,
      DevMeasure.Agreement holdout) {
    Made withHoldout(DevMeasure.Agreement other) {
      return new Made(data, choice, cases, other);
    }
  }

  /**
   * @param withoutText whether no captured text may get into the artifact
   */
  DistillPacking(CommandContext context, DistillFlags flags, boolean withoutText) {
    this.context = context;
    this.flags = flags;
    this.withoutText = withoutText;
  }

  /**
   * Packs.
   *
   * @param form what of the base is in it
   */
  DistillReport pack(
      Made made,
      DistillBases.Base base,
      DistillTrials trials,
      TrainingPlan plan,
      DistilledModel.Form form,
      Path target)
      throws IOException, ModelFormatException, ArtifactException {
    Scorer scorer = made.cases.type().scorer();
    DistilledModel model =
        new DistilledModel(
            target,
            ArtifactStore.name(target),
            ManifestBuilder.created(context.variable("SOURCE_DATE_EPOCH"), InstantSource.system()),
            task(scorer, trials.run().namespace()),
            trials.adapter(made.choice.best()),
            evals(made),
            provenance(made, base, trials, plan, form),
            form);
    PackedModel packed =
        new DistilledPacker(
                context.console(), new UserTrust(context).signingKey(), ServerReceipts.version())
            .pack(base.files(), model);
    return new DistillReport(packed, made);
  }

  private byte[] provenance(
      Made made,
      DistillBases.Base base,
      DistillTrials trials,
      TrainingPlan plan,
      DistilledModel.Form form)
      throws IOException {
    Path log = trials.directory(base.name(), made.choice.best().phase()).resolve("loss.csv");
    Provenance provenance =
        new Provenance()
            .data(made.data, flags.seed())
            .choice(made.choice, flags.target())
            .base(base.name(), base.cid(), base.licence())
            .merged(form instanceof DistilledModel.Form.Merged)
            .plan(plan)
            .losses(log)
            .holdout(
                made.cases.type().scorer().id(),
                made.holdout.cases(),
                made.holdout.score(),
                made.holdout.bound());
    return (JsonText.of(provenance.json()) + "\n").getBytes(UTF_8);
  }

  private Optional<DistilledModel.Cases> evals(Made made) {
    List<Example> holdout = made.data.dataset().holdout();
    if (withoutText || flags.noEvals() || holdout.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new DistilledModel.Cases(
            made.cases.lines(holdout), holdout.size(), made.cases.type().scorer().id()));
  }

  private static Manifest.Task task(Scorer scorer, String namespace) {
    Manifest.Task.Kind kind =
        switch (scorer) {
          case LABEL -> Manifest.Task.Kind.CLASSIFICATION;
          case JSON_F1 -> Manifest.Task.Kind.EXTRACTION;
          case TOOL_CALLS -> Manifest.Task.Kind.TOOL_USE;
          case EXACT, NORMALIZED, CONTAINS, REGEX, TOKEN_F1, SIMILARITY, JUDGE ->
              Manifest.Task.Kind.CHAT;
        };
    return new Manifest.Task(kind, Optional.of(namespace), Optional.empty(), List.of(), List.of());
  }
}
