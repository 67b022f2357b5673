package ai.kolm.cli;

import ai.kolm.chat.ChatCompletions;
import ai.kolm.chat.RunOptions;
import ai.kolm.cli.pack.DistilledPacker;
import ai.kolm.distill.DistillException;
import ai.kolm.distill.Example;
import ai.kolm.distill.ExampleCases;
import ai.kolm.eval.EvalCases;
import ai.kolm.eval.EvalException;
import ai.kolm.eval.Evaluation;
import ai.kolm.eval.Gate;
import ai.kolm.eval.Scoring;
import ai.kolm.eval.Traffic;
import ai.kolm.source.LoraAdapter;
import ai.kolm.source.ModelFiles;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Measures how far a base with an adapter agrees with the captured answers, on the path that
 * serves: the same server, client, scorers and bounds as {@code kolm eval}.
 */
final class DevMeasure {
  private static final Evaluation.Given NOTHING_ELSE =
      new Evaluation.Given(0, 0, 0, 0, 0, Optional.empty(), Traffic.UNKNOWN, Gate.DEFAULT);

  private final CommandContext context;
  private final TrustFlags trust;
  private final RunOptions options;
  private final ExampleCases cases;

  DevMeasure(CommandContext context, TrustFlags trust, RunOptions options, ExampleCases cases) {
    this.context = context;
    this.trust = trust;
    this.options = options;
    this.cases = cases;
  }

  /**
   * Asks for all answers and scores them.
   *
   * @param base the artifact
   * @param adapter where it was written
   * @param examples of one part; empty: nothing can be said, which is a score of 0
   */
  Agreement measure(Path base, Path adapter, List<Example> examples)
      throws IOException, ModelFormatException, DistillException {
    try (Arena arena = Arena.ofShared()) {
      LoraAdapter read = LoraAdapter.open(adapter, DistilledPacker.ADAPTER, arena);
      LoraAdapter applied =
          new LoraAdapter(read.name(), read.digest(), read.config(), read.factors(), true);
      return measure(trust.open(context, base).withAdapter(applied), examples);
    }
  }

  /** The same of an artifact as it is. */
  Agreement measure(Path artifact, List<Example> examples)
      throws IOException, ModelFormatException, DistillException {
    return measure(trust.open(context, artifact), examples);
  }

  /** Closes the files. */
  private Agreement measure(ModelFiles files, List<Example> examples)
      throws IOException, ModelFormatException, DistillException {
    try (ChatCompletions chat = ModelOpener.chat(files, options)) {
      if (examples.isEmpty()) {
        return new Agreement(0, 0, 0);
      }
      EvalCases asked = EvalCases.read(cases.lines(examples));
      EvalLocal local = new EvalLocal(context, files, chat, 0);
      Scoring.Scored scored =
          Scoring.of(cases.type()).score(asked, local.answer(asked).side(), Optional.empty());
      Evaluation.Numbers numbers =
          Evaluation.of(asked, cases.type(), scored.local(), Optional.empty(), NOTHING_ELSE)
              .numbers();
      return new Agreement(examples.size(), numbers.localAccuracy(), numbers.localBound());
    } catch (EvalException e) {
      throw new DistillException(DistillException.Reason.EXECUTION, String.valueOf(e.getMessage()));
    }
  }

  /**
   * How far answers agree.
   *
   * @param cases that were asked
   * @param score mean, 0 to 1
   * @param bound the lower bound of the mean
   */
  record Agreement(int cases, double score, double bound) {}
}
