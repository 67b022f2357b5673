package ai.kolm.cli;

import ai.kolm.artifact.ArtifactException;
import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.cli.pack.DistilledModel.Form;
import ai.kolm.cli.pack.DistilledPacker;
import ai.kolm.distill.Dataset;
import ai.kolm.distill.DistillException;
import ai.kolm.model.AdapterMerge;
import ai.kolm.source.LoraAdapter;
import ai.kolm.training.TrainingPlan;
import ai.kolm.weights.GgufFile;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.Optional;

/**
 * {@code --merge}: adds the adapter to the weights. Into weights of 16 bits without a question; of
 * weights of fewer bits, which are rounded anew, only if dev says that nothing is lost.
 */
final class DistillMerge {
  private final CommandContext context;
  private final DistillPacking packing;
  private final DevMeasure measure;
  private final Path directory;

  /**
   * @param directory of the run, for what is tried
   */
  DistillMerge(CommandContext context, DistillPacking packing, DevMeasure measure, Path directory) {
    this.context = context;
    this.packing = packing;
    this.measure = measure;
    this.directory = directory;
  }

  /** Refuses bases that cannot be merged into, before anything is trained. */
  static void check(DistillBases bases) {
    for (DistillBases.Base base : bases.all()) {
      if (!(base.files().weights() instanceof GgufFile)) {
        throw new CommandException(
            ExitCode.REFUSED, "--merge: expected weights in GGUF: " + base.name());
      }
    }
  }

  /**
   * The merged artifact, or that with the adapter beside the base if merging makes it worse.
   *
   * @param made with the holdout of the adapter
   */
  DistillReport pack(
      DistillPacking.Made made,
      DistillBases.Base base,
      DistillTrials trials,
      TrainingPlan plan,
      Path target)
      throws IOException, ModelFormatException, ArtifactException, DistillException {
    GgufFile weights = (GgufFile) base.files().weights();
    Path merged = directory.resolve("merged.gguf");
    Path candidate = directory.resolve("merged.kolm");
    try {
      Form.Merged form =
          new Form.Merged(
              write(weights, trials.adapter(made.choice().best()), merged), retyped(weights));
      packing.pack(made, base, trials, plan, form, candidate);
      Dataset dataset = made.data().dataset();
      DevMeasure.Agreement dev = measure.measure(candidate, dataset.dev());
      double before = made.choice().best().score();
      boolean taken = AdapterMerge.isExact(weights) || dev.score() >= before;
      tell(dev, before, taken);
      if (!taken) {
        return packing.pack(made, base, trials, plan, new Form.Beside(), target);
      }
      DevMeasure.Agreement holdout = measure.measure(candidate, dataset.holdout());
      return packing.pack(made.withHoldout(holdout), base, trials, plan, form, target);
    } finally {
      Files.deleteIfExists(merged);
      Files.deleteIfExists(candidate);
    }
  }

  private void tell(DevMeasure.Agreement dev, double before, boolean taken) {
    context
        .console()
        .tell(
            String.format(
                Locale.ROOT,
                "merged  dev %.3f, with the adapter beside it %.3f: %s",
                dev.score(),
                before,
                taken ? "taken" : "worse, so the adapter stays beside the base"));
  }

  private static Path write(GgufFile weights, Path adapter, Path target)
      throws IOException, ModelFormatException {
    try (Arena arena = Arena.ofShared();
        FileChannel channel =
            FileChannel.open(
                target,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE)) {
      LoraAdapter read = LoraAdapter.open(adapter, DistilledPacker.ADAPTER, arena);
      AdapterMerge.of(weights, read).write(channel);
    }
    return target;
  }

  private static Optional<String> retyped(GgufFile weights) {
    return AdapterMerge.retyped(weights).map(Enum::toString);
  }
}
