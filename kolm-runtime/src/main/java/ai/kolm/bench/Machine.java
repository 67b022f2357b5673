package ai.kolm.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The machine that something was measured on, as far as this process can see it.
 *
 * @param cpu the processor's model; its architecture where the system does not say
 * @param features vector instructions that kernels of either side of a comparison may use, by their
 *     names in Linux; empty where the system does not say
 * @param processors of this process
 * @param java version and maker of the JVM
 * @param os name and version of the operating system
 */
public record Machine(String cpu, List<String> features, int processors, String java, String os) {

  /** Of the many features of a processor, those that matter here. */
  private static final List<String> KNOWN =
      List.of(
          "avx2",
          "fma",
          "f16c",
          "avx_vnni",
          "avx512f",
          "avx512bw",
          "avx512vl",
          "avx512_vnni",
          "avx512_bf16",
          "avx512_fp16",
          "amx_tile",
          "amx_int8",
          "amx_bf16",
          "asimddp",
          "i8mm",
          "bf16",
          "sve",
          "sve2");

  private static final Path CPUINFO = Path.of("/proc/cpuinfo");
  private static final Path CACHES = Path.of("/sys/devices/system/cpu/cpu0/cache");

  /** Copies the list. */
  public Machine {
    features = List.copyOf(features);
  }

  /** The machine that this process runs on. */
  public static Machine current() {
    return of(lines(CPUINFO));
  }

  /** This machine, with {@code cpuInfo} as the lines of {@code /proc/cpuinfo}. */
  static Machine of(List<String> cpuInfo) {
    String cpu = field(cpuInfo, "model name");
    String flags = field(cpuInfo, "flags") + " " + field(cpuInfo, "features");
    Set<String> all = new HashSet<>(List.of(flags.strip().split("\\s+")));
    return new Machine(
        cpu.isEmpty() ? System.getProperty("os.arch", "unknown") : cpu,
        KNOWN.stream().filter(all::contains).toList(),
        Runtime.getRuntime().availableProcessors(),
        "%s (%s)".formatted(Runtime.version(), System.getProperty("java.vendor", "unknown")),
        "%s %s".formatted(System.getProperty("os.name"), System.getProperty("os.version")));
  }

  /** What the first processor says under {@code name}; empty if it says nothing. */
  private static String field(List<String> cpuInfo, String name) {
    for (String line : cpuInfo) {
      int colon = line.indexOf(':');
      if (colon > 0 && line.substring(0, colon).strip().toLowerCase(Locale.ROOT).equals(name)) {
        return line.substring(colon + 1).strip();
      }
    }
    return "";
  }

  /** The size of the largest cache of a processor, where the system says it. */
  static OptionalLong lastLevelCacheBytes() {
    List<String> sizes = new ArrayList<>();
    for (int index = 0; index < 5; index++) {
      sizes.addAll(lines(CACHES.resolve("index" + index).resolve("size")));
    }
    return sizes.stream().mapToLong(Machine::bytes).max();
  }

  /** {@code 32768K} or {@code 32M} in bytes; 0 for anything else. */
  static long bytes(String size) {
    if (!size.matches("\\d{1,9}[KM]")) {
      return 0;
    }
    long number = Long.parseLong(size.substring(0, size.length() - 1));
    return number << (size.endsWith("K") ? 10 : 20);
  }

  /** The lines of a file of the system; none where there is no such file. */
  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      return List.of();
    }
  }
}
