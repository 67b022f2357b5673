package ai.kolm.benchmarks;

import static ai.kolm.benchmarks.ProductBenchmark.Extents.FEED_FORWARD;
import static ai.kolm.benchmarks.ProductBenchmark.Extents.GATE;
import static ai.kolm.benchmarks.ProductBenchmark.Extents.OUTPUT;
import static ai.kolm.kernels.KernelSelection.Set.EMITTED;
import static ai.kolm.kernels.KernelSelection.Set.SCALAR;
import static ai.kolm.kernels.KernelSelection.Set.VECTOR;

import ai.kolm.bench.ReadBandwidth;
import ai.kolm.kernels.AttentionPartBenchmark;
import ai.kolm.kernels.KernelSelection;
import ai.kolm.kernels.RoundingBenchmark;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormat;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Every kernel with every set that this machine can run, as a Markdown table: the time of a call,
 * its rate, and what share that is of the limit, measured in the same run. What JMH says, also why
 * a set cannot run and where a result is wrong, goes to the error stream.
 *
 * <p>An argument restricts it to the lines whose titles contain it. Exit code 2 when a share misses
 * its target or a result is wrong.
 */
public final class KernelTable {
  private static final List<KernelSelection.Set> ALL = List.of(SCALAR, VECTOR, EMITTED);
  private static final List<KernelSelection.Set> FAST = List.of(VECTOR, EMITTED);

  /** What is asked of kernels that wait for memory, and of those that compute. */
  private static final double OF_READ = 0.85;

  private static final double OF_PEAK = 0.6;
  private static final double OF_TILES = 0.4;

  private static final int WARM_UPS = 3;
  private static final int ITERATIONS = 4;
  private static final TimeValue WARM_UP = TimeValue.seconds(1);
  private static final TimeValue ITERATION = TimeValue.milliseconds(500);

  /** What bounds a kernel. */
  private enum Limit {
    /** Reading memory. */
    READ("GB/s"),
    /** Multiplying and adding floats. */
    FLOATS("GFLOP/s"),
    /** Multiplying and adding integers of 16 bits; of sets that do not round, floats. */
    WORDS("GOP/s"),
    /** The same with bytes; of processors without, 16 bits; of those with AMX, tiles. */
    BYTES("GOP/s"),
    /** Multiplying and adding tiles of bfloat16. */
    TILES("GFLOP/s"),
    /** What is asked of loading. */
    LOADING("GB/s"),
    /** Nothing that could be measured by itself. */
    NONE("G numbers/s");

    private final String unit;

    Limit(String unit) {
      this.unit = unit;
    }
  }

  /** A GB in 0.3 s, in GB/s. */
  private static final double LOADING = 1 / 0.3;

  /**
   * A kernel.
   *
   * @param parameters of the benchmark, {@code name=value}
   * @param target share of the limit; 0 for none
   */
  private record Line(
      String title,
      Class<? extends KernelBenchmark> benchmark,
      List<KernelSelection.Set> sets,
      Limit limit,
      double target,
      String... parameters) {}

  private final OutputFormat output =
      OutputFormatFactory.createFormatInstance(System.err, VerboseMode.NORMAL);
  private final Map<Limit, Double> limits = new EnumMap<>(Limit.class);
  private final int threads = Runtime.getRuntime().availableProcessors();
  private boolean missed;

  private KernelTable() {}

  /** Prints the table. */
  public static void main(String[] arguments) throws RunnerException {
    String wanted = arguments.length > 0 ? arguments[0] : "";
    List<Line> lines = lines().stream().filter(line -> line.title.contains(wanted)).toList();
    if (lines.isEmpty()) {
      System.err.println("no kernel is called so; there are:");
      lines().forEach(line -> System.err.println(line.title));
      System.exit(1);
    }
    KernelTable table = new KernelTable();
    table.print(lines);
    System.exit(table.missed ? 2 : 0);
  }

  private static List<Line> lines() {
    List<Line> lines = new ArrayList<>();
    for (String type : List.of("Q8_0", "Q4_0", "Q4_1", "Q4_K", "Q6_K", "F16")) {
      lines.add(product(type, OUTPUT, 1, ALL, Limit.READ, OF_READ, false));
    }
    lines.add(product("Q4_0", FEED_FORWARD, 512, ALL, Limit.BYTES, 0, true));
    for (String type : List.of("Q8_0", "Q4_0", "Q4_1", "Q4_K", "Q6_K")) {
      lines.add(product(type, GATE, 512, FAST, Limit.BYTES, OF_PEAK, true));
    }
    lines.add(product("Q4_0", GATE, 512, List.of(EMITTED), Limit.WORDS, OF_PEAK, false));
    lines.add(product("F16", GATE, 512, FAST, Limit.FLOATS, OF_PEAK, false));
    lines.add(attention("attention, a row over 8,192 positions", "STEP", Limit.READ, OF_READ));
    lines.add(attention("attention, 512 rows", "PROMPT", Limit.FLOATS, 0));
    lines.add(part("attention, scores of a tile", "SCORES", Limit.FLOATS));
    lines.add(part("attention, softmax of a tile", "SOFTMAX", Limit.NONE));
    lines.add(part("attention, values of a tile", "VALUES", Limit.FLOATS));
    for (RowBenchmark.Operation operation : RowBenchmark.Operation.values()) {
      String title = operation.name().toLowerCase(Locale.ROOT).replace('_', ' ');
      String parameter = "operation=" + operation;
      lines.add(
          new Line(title + ", 128 x 1,536", RowBenchmark.class, ALL, Limit.NONE, 0, parameter));
    }
    for (int bits : new int[] {16, 8}) {
      String title = "activations rounded to %d bits, 128 x 1,536".formatted(bits);
      List<KernelSelection.Set> sets = List.of(SCALAR, EMITTED);
      lines.add(new Line(title, RoundingBenchmark.class, sets, Limit.NONE, 0, "bits=" + bits));
    }
    for (String type : List.of("Q8_0", "Q4_0", "Q4_K", "Q6_K", "F16")) {
      String title = "packing, " + type;
      lines.add(new Line(title, PackingBenchmark.class, FAST, Limit.LOADING, 1, "type=" + type));
    }
    return lines;
  }

  private static Line product(
      String type,
      ProductBenchmark.Extents extents,
      int rows,
      List<KernelSelection.Set> sets,
      Limit limit,
      double target,
      boolean fastPrompts) {
    String title =
        "product, %s, %d %s%s"
            .formatted(
                type,
                rows,
                rows == 1 ? "row" : "rows",
                extents == FEED_FORWARD ? ", small" : fastPrompts ? ", fast prompts" : "");
    return new Line(
        title,
        ProductBenchmark.class,
        sets,
        limit,
        target,
        "type=" + type,
        "extents=" + extents,
        "rows=" + rows,
        "fastPrompts=" + fastPrompts);
  }

  private static Line attention(String title, String phase, Limit limit, double target) {
    return new Line(title, AttentionBenchmark.class, ALL, limit, target, "phase=" + phase);
  }

  private static Line part(String title, String part, Limit limit) {
    return new Line(title, AttentionPartBenchmark.class, ALL, limit, 0, "part=" + part, "rows=32");
  }

  private void print(List<Line> lines) throws RunnerException {
    limits.put(Limit.LOADING, LOADING);
    limits.put(Limit.FLOATS, peak(MultiplyAddPeak.class));
    limits.put(Limit.WORDS, peak(IntegerPeak.class, "bits=16"));
    limits.put(Limit.BYTES, peak(IntegerPeak.class, "bits=8"));
    limits.put(Limit.TILES, peak(TilePeak.class));
    Map<Line, Collection<RunResult>> results = new LinkedHashMap<>();
    for (Line line : lines) {
      measureRead();
      results.put(line, run(line));
      measureRead();
    }
    System.out.printf(
        Locale.ROOT,
        "%d threads; read bandwidth %.1f GB/s (the best seen), peaks in registers %.0f GFLOP/s of"
            + " floats, %.0f GOP/s of 16-bit integers, %.0f of bytes, %.0f GFLOP/s of tiles.%n%n",
        threads,
        limits.get(Limit.READ),
        limits.get(Limit.FLOATS),
        limits.get(Limit.WORDS),
        limits.get(Limit.BYTES),
        limits.get(Limit.TILES));
    System.out.println("| kernel | set | µs | rate | of the limit | target |");
    System.out.println("| --- | --- | --- | --- | --- | --- |");
    results.forEach((line, sets) -> sets.forEach(set -> System.out.print(row(line, set))));
  }

  private void measureRead() {
    limits.merge(Limit.READ, ReadBandwidth.measure(threads) / 1e9, Math::max);
  }

  /** The score of a limit; NaN where this machine has no such instructions. */
  private double peak(Class<?> benchmark, String... parameters) throws RunnerException {
    Collection<RunResult> results =
        new Runner(options(benchmark, parameters).build(), output).run();
    return results.isEmpty() ? Double.NaN : results.iterator().next().getPrimaryResult().getScore();
  }

  private Collection<RunResult> run(Line line) throws RunnerException {
    String[] sets = line.sets.stream().map(Enum::name).toArray(String[]::new);
    ChainedOptionsBuilder options = options(line.benchmark, line.parameters).param("kernels", sets);
    return new Runner(options.build(), output).run();
  }

  private static ChainedOptionsBuilder options(Class<?> benchmark, String... parameters) {
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .include("^" + benchmark.getName().replace(".", "\\.") + "\\.")
            .warmupIterations(WARM_UPS)
            .warmupTime(WARM_UP)
            .measurementIterations(ITERATIONS)
            .measurementTime(ITERATION);
    for (String parameter : parameters) {
      int equals = parameter.indexOf('=');
      options.param(parameter.substring(0, equals), parameter.substring(equals + 1));
    }
    return options;
  }

  private String row(Line line, RunResult result) {
    KernelSelection.Set set = KernelSelection.Set.of(result.getParams().getParam("kernels"));
    if (result.getAggregatedResult().getIterationResults().size() < ITERATIONS) {
      missed = true; // the last iteration has the comparison
      String name = set.name().toLowerCase(Locale.ROOT);
      return "| %s | %s | | wrong: see the messages | | |%n".formatted(line.title, name);
    }
    double micros = result.getPrimaryResult().getScore();
    Result<?> unitMicros = Objects.requireNonNull(result.getSecondaryResults().get("work"));
    double rate = 1e-3 / unitMicros.getScore();
    Limit limit = limit(line, set);
    double target = limit == Limit.TILES ? OF_TILES : line.target;
    double share = rate / limits.getOrDefault(limit, Double.NaN);
    boolean judged = line.target > 0 && set != SCALAR && !Double.isNaN(share);
    boolean below = judged && share < target;
    missed |= below;
    String mark = below ? "**" : "";
    return String.format(
        Locale.ROOT,
        "| %s | %s | %s | %s %s | %s | %s |%n",
        line.title,
        set.name().toLowerCase(Locale.ROOT),
        number(micros),
        number(rate),
        limit.unit,
        Double.isNaN(share) ? "" : mark + percent(share) + mark,
        judged ? percent(target) : "");
  }

  /** What bounds a kernel of a set on this machine. */
  private Limit limit(Line line, KernelSelection.Set set) {
    if (line.limit != Limit.WORDS && line.limit != Limit.BYTES) {
      return line.limit;
    }
    if (set != EMITTED) {
      return Limit.FLOATS;
    }
    if (line.limit == Limit.WORDS || !isKnown(Limit.BYTES)) {
      return Limit.WORDS;
    }
    return isKnown(Limit.TILES) ? Limit.TILES : Limit.BYTES;
  }

  private boolean isKnown(Limit limit) {
    return !Double.isNaN(limits.getOrDefault(limit, Double.NaN));
  }

  private static String percent(double share) {
    return Math.round(100 * share) + " %";
  }

  private static String number(double value) {
    return value >= 100
        ? String.format(Locale.ROOT, "%,.0f", value)
        : String.format(Locale.ROOT, "%.3g", value);
  }
}
