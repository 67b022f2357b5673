package ai.kolm.cli;

import ai.kolm.bench.BenchTest;
import ai.kolm.bench.Machine;
import ai.kolm.bench.ModelBenchmark;
import ai.kolm.bench.ReadBandwidth;
import ai.kolm.bench.Speeds;
import ai.kolm.chat.RunOptions;
import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.Console;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.cli.console.Progress;
import ai.kolm.json.Json;
import ai.kolm.source.ModelFiles;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Measures a model, as llama-bench does, and the memory it is read from. Other engines are compared
 * with it through {@code --on-demand}: rounds that alternate with theirs, with the compiled code
 * kept.
 */
@Command(
    name = "bench",
    description = {
      "How fast a model runs on this machine.",
      "ppN: N tokens of a prompt, from an empty context. tgN: N tokens, one a step. What decoding",
      "reads is compared with what this machine's memory can give to as many threads."
    })
final class BenchCommand implements Callable<Integer> {
  private static final int MAX_REPETITIONS = 1000;

  /** The request of {@code --on-demand} for the bandwidth of the memory. */
  private static final String READ = "read";

  private final CommandContext context;

  @Mixin private final EngineFlags engine = new EngineFlags();

  @Parameters(paramLabel = "X", description = "A model.")
  private String model = "";

  @Option(
      names = "--tests",
      split = ",",
      paramLabel = "TEST",
      description = "What to run; default pp32,pp128,pp512,tg128.")
  private List<String> tests = BenchTest.DEFAULT.stream().map(BenchTest::name).toList();

  @Option(
      names = "--repetitions",
      paramLabel = "N",
      defaultValue = "5",
      description = "How often to run each, after the warm-up (default 5).")
  private int repetitions;

  @Option(
      names = "--warm-up",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description =
          "Repeat each test until it gets no faster, before it is measured (the default).")
  private boolean warmUp;

  @Option(names = "--json", description = "One JSON object instead of a table.")
  private boolean json;

  @Option(
      names = "--on-demand",
      description = {
        "Read tests from the input, a JSON string a line, and run each once: \"tg128\", or \"read\"",
        "for the memory. No warm-up."
      })
  private boolean onDemand;

  BenchCommand(CommandContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException, ModelFormatException {
    List<BenchTest> all = tests.stream().map(BenchTest::of).toList();
    if (repetitions < 1 || repetitions > MAX_REPETITIONS) {
      throw new CommandException(
          ExitCode.REFUSED,
          "--repetitions: expected 1 to %d, got %d".formatted(MAX_REPETITIONS, repetitions));
    }
    RunOptions options = engine.options(context);
    int longest = all.stream().mapToInt(BenchTest::tokens).max().orElse(1);
    ModelBenchmark.Setup setup =
        new ModelBenchmark.Setup(
            options.threads(),
            options.kernels(),
            options.deterministic(),
            options.contextLength().orElse(longest));
    Path path = new ModelOpener(context).path(model);
    try (ModelFiles files = ModelFiles.open(path);
        ModelBenchmark benchmark = open(files, setup)) {
      if (onDemand) {
        context.console().line(JsonLines.text(BenchReport.of(benchmark.description())));
        return new LineProcessor(context.console()).process(line -> round(benchmark, line));
      }
      BenchReport report = measure(benchmark, all);
      if (json) {
        context.console().line(JsonLines.text(report.json()));
      } else {
        report.print(context.console());
      }
    }
    return ExitCode.OK.number();
  }

  private static ModelBenchmark open(ModelFiles files, ModelBenchmark.Setup setup)
      throws ModelFormatException {
    try {
      return ModelBenchmark.open(files, setup);
    } catch (IllegalStateException e) {
      throw new CommandException(ExitCode.PREREQUISITE, String.valueOf(e.getMessage()), e);
    }
  }

  /** One line of {@code --on-demand}. */
  private static String round(ModelBenchmark benchmark, Json line) {
    if (!(line instanceof Json.Str name)) {
      throw new IllegalArgumentException("expected the name of a test, got " + line.kind());
    }
    if (name.value().equals(READ)) {
      double bandwidth = ReadBandwidth.measure(benchmark.description().threads());
      return JsonLines.text(BenchReport.ofRead(bandwidth));
    }
    BenchTest test = BenchTest.of(name.value());
    return JsonLines.text(BenchReport.ofRound(test, benchmark.run(test)));
  }

  private BenchReport measure(ModelBenchmark benchmark, List<BenchTest> all) {
    Console console = context.console();
    int threads = benchmark.description().threads();
    long tokens = (repetitions + 1L) * all.stream().mapToLong(BenchTest::tokens).sum();
    List<Speeds> results = new ArrayList<>();
    double bandwidth = ReadBandwidth.measure(threads);
    try (Progress progress = Progress.of(console, "measuring", tokens, "%,d tokens"::formatted)) {
      long done = 0;
      progress.at(done);
      for (BenchTest test : all) {
        if (warmUp) {
          benchmark.warmUp(test);
        }
        done += test.tokens();
        progress.at(done);
      }
      for (BenchTest test : all) {
        double[] speeds = new double[repetitions];
        for (int i = 0; i < repetitions; i++) {
          speeds[i] = test.tokens() / benchmark.run(test);
          done += test.tokens();
          progress.at(done);
        }
        results.add(new Speeds(test, speeds));
      }
    }
    // Once more: a virtual machine has good and bad minutes.
    bandwidth = Math.max(bandwidth, ReadBandwidth.measure(threads));
    return new BenchReport(Machine.current(), benchmark.description(), bandwidth, results);
  }
}
