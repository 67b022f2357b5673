package ai.kolm.model;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/**
 * How much memory this process may use: what the machine has, or less where a Linux control group
 * (the means of containers) says so, of version 1 or 2.
 *
 * <p>The files are read directly: asking the JVM takes its management classes, a tenth of a second
 * of every start. Where there are no such files, the JVM is asked.
 */
public final class ProcessMemory {
  private static final String MEMORY_TOTAL = "MemTotal:";

  private ProcessMemory() {}

  /** Bytes; empty if nobody knows. */
  public static OptionalLong limit() {
    OptionalLong linux = limit(Path.of("/"));
    return linux.isPresent() ? linux : ofJvm();
  }

  private static OptionalLong ofJvm() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean system
        ? OptionalLong.of(system.getTotalMemorySize())
        : OptionalLong.empty();
  }

  /** The limit that the files below {@code root} state; empty if they are not there. */
  static OptionalLong limit(Path root) {
    OptionalLong limit = total(lines(root.resolve("proc/meminfo")));
    Path groups = root.resolve("sys/fs/cgroup");
    for (String line : lines(root.resolve("proc/self/cgroup"))) {
      String[] parts = line.split(":", 3); // number, controllers, path
      if (parts.length < 3) {
        continue;
      }
      if (parts[1].isEmpty()) {
        limit = least(limit, ofGroup(groups, parts[2], "memory.max"));
      } else if (List.of(parts[1].split(",")).contains("memory")) {
        limit = least(limit, ofGroup(groups.resolve("memory"), parts[2], "memory.limit_in_bytes"));
      }
    }
    return limit;
  }

  /**
   * The least limit of a group and those it is in. A container may see its own group at the top,
   * and a path from outside that leads nowhere.
   */
  private static OptionalLong ofGroup(Path top, String path, String file) {
    Path group = top.resolve(path.replaceFirst("^/+", "")).normalize();
    OptionalLong limit = number(top.resolve(file));
    while (group != null && group.startsWith(top) && !group.equals(top)) {
      limit = least(limit, number(group.resolve(file)));
      group = group.getParent();
    }
    return limit;
  }

  private static OptionalLong total(List<String> lines) {
    for (String line : lines) {
      if (line.startsWith(MEMORY_TOTAL)) {
        String kibibytes = line.substring(MEMORY_TOTAL.length()).replace("kB", "").strip();
        return parse(kibibytes).stream().map(value -> value * 1024).findFirst();
      }
    }
    return OptionalLong.empty();
  }

  private static OptionalLong number(Path file) {
    List<String> lines = lines(file);
    return lines.isEmpty() ? OptionalLong.empty() : parse(lines.getFirst().strip());
  }

  /** A number of bytes; empty for {@code max} and what is too large for one. */
  private static OptionalLong parse(String text) {
    try {
      return OptionalLong.of(Long.parseLong(text));
    } catch (NumberFormatException e) {
      return OptionalLong.empty();
    }
  }

  private static OptionalLong least(OptionalLong a, OptionalLong b) {
    return a.isEmpty() || (b.isPresent() && b.getAsLong() < a.getAsLong()) ? b : a;
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      return List.of();
    }
  }
}
