package ai.kolm.cli;

import ai.kolm.bench.BenchTest;
import ai.kolm.bench.Machine;
import ai.kolm.bench.ModelBenchmark;
import ai.kolm.bench.Speeds;
import ai.kolm.cli.console.Console;
import ai.kolm.cli.console.Progress;
import ai.kolm.json.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What {@code kolm bench} found, as a table and as JSON.
 *
 * @param machine measured on
 * @param subject the model and what it runs on
 * @param readBandwidth of this machine's memory, bytes per second
 * @param results of each test
 */
record BenchReport(
    Machine machine,
    ModelBenchmark.Description subject,
    double readBandwidth,
    List<Speeds> results) {
  private static final double GIGA = 1e9;

  /** Copies the list. */
  BenchReport {
    results = List.copyOf(results);
  }

  /** Prints it for people. */
  void print(Console console) {
    console.line(
        "machine  %s, %d processors: %s"
            .formatted(machine.cpu(), machine.processors(), String.join(" ", machine.features())));
    console.line("         Java %s, %s".formatted(machine.java(), machine.os()));
    console.line("kernels  %s (%s)".formatted(subject.kernels(), subject.reason()));
    console.line(
        "model    %s: %s of weights per token, loaded in %s s"
            .formatted(
                subject.model(),
                Progress.size(subject.weightBytes()),
                number(subject.loadSeconds(), 2)));
    console.line(
        "threads  %d, which read memory at %s GB/s"
            .formatted(subject.threads(), number(readBandwidth / GIGA, 1)));
    console.line("");
    List<String[]> rows = new ArrayList<>();
    for (Speeds speeds : results) {
      boolean decodes = speeds.test().kind() == BenchTest.Kind.DECODE;
      rows.add(
          new String[] {
            speeds.test().name(),
            number(speeds.median(), 1),
            "%s-%s".formatted(number(speeds.min(), 1), number(speeds.max(), 1)),
            decodes ? number(bytesPerSecond(speeds) / GIGA, 1) : "",
            decodes ? number(percent(speeds), 0) + " %" : ""
          });
    }
    Table.print(console, List.of("test", "tokens/s", "range", "GB/s", "of read"), rows);
  }

  /** The same for programs. */
  Json.Obj json() {
    List<Json> tests = new ArrayList<>();
    for (Speeds speeds : results) {
      tests.add(json(speeds));
    }
    Map<String, Json> members = new LinkedHashMap<>();
    members.put("results", new Json.Arr(tests));
    Map<String, Json> machineMembers = new LinkedHashMap<>(of(machine).members());
    machineMembers.putAll(ofRead(readBandwidth).members());
    members.put("machine", new Json.Obj(machineMembers));
    members.putAll(describe(subject));
    return new Json.Obj(members);
  }

  private Json.Obj json(Speeds speeds) {
    Map<String, Json> members = new LinkedHashMap<>();
    members.put("test", new Json.Str(speeds.test().name()));
    members.put("tokens_per_second", new Json.Real(speeds.median()));
    members.put("min", new Json.Real(speeds.min()));
    members.put("max", new Json.Real(speeds.max()));
    members.put("repetitions", new Json.Int(speeds.tokensPerSecond().length));
    if (speeds.test().kind() == BenchTest.Kind.DECODE) {
      members.put("gigabytes_per_second", new Json.Real(bytesPerSecond(speeds) / GIGA));
      members.put("percent_of_read", new Json.Real(percent(speeds)));
    }
    return new Json.Obj(members);
  }

  private double bytesPerSecond(Speeds speeds) {
    return speeds.median() * subject.weightBytes();
  }

  private double percent(Speeds speeds) {
    return 100 * bytesPerSecond(speeds) / readBandwidth;
  }

  /** The first line of {@code --on-demand}: machine and subject. */
  static Json.Obj of(ModelBenchmark.Description subject) {
    Map<String, Json> members = new LinkedHashMap<>();
    members.put("machine", of(Machine.current()));
    members.putAll(describe(subject));
    return new Json.Obj(members);
  }

  /** The answer to a test of {@code --on-demand}. */
  static Json.Obj ofRound(BenchTest test, double seconds) {
    Map<String, Json> members = new LinkedHashMap<>();
    members.put("test", new Json.Str(test.name()));
    members.put("seconds", new Json.Real(seconds));
    members.put("tokens_per_second", new Json.Real(test.tokens() / seconds));
    return new Json.Obj(members);
  }

  /** The bandwidth of the memory. */
  static Json.Obj ofRead(double bytesPerSecond) {
    return new Json.Obj(Map.of("read_gigabytes_per_second", new Json.Real(bytesPerSecond / GIGA)));
  }

  private static Map<String, Json> describe(ModelBenchmark.Description subject) {
    Map<String, Json> kernels = new LinkedHashMap<>();
    kernels.put("name", new Json.Str(subject.kernels()));
    kernels.put("reason", new Json.Str(subject.reason()));
    Map<String, Json> members = new LinkedHashMap<>();
    members.put("kernels", new Json.Obj(kernels));
    members.put("threads", new Json.Int(subject.threads()));
    members.put("model", new Json.Str(subject.model()));
    members.put("weight_bytes_per_token", new Json.Int(subject.weightBytes()));
    members.put("load_seconds", new Json.Real(subject.loadSeconds()));
    return members;
  }

  private static Json.Obj of(Machine machine) {
    List<Json> features = new ArrayList<>();
    machine.features().forEach(feature -> features.add(new Json.Str(feature)));
    Map<String, Json> members = new LinkedHashMap<>();
    members.put("cpu", new Json.Str(machine.cpu()));
    members.put("features", new Json.Arr(features));
    members.put("processors", new Json.Int(machine.processors()));
    members.put("java", new Json.Str(machine.java()));
    members.put("os", new Json.Str(machine.os()));
    return new Json.Obj(members);
  }

  private static String number(double value, int digits) {
    return String.format(Locale.ROOT, "%." + digits + "f", value);
  }
}
