package ai.kolm.cli;

import ai.kolm.capture.CaptureHome;
import ai.kolm.journal.Journal;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Processes that record, as the locks of the namespaces tell: a process that is gone has none.
 *
 * @param namespaces of each process, by its id
 */
record RunningCaptures(Map<Long, List<String>> namespaces) {
  RunningCaptures {
    namespaces = new TreeMap<>(namespaces);
  }

  /** A server gives running answers ten seconds, and then writes what waits. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  static RunningCaptures find(Path root) throws IOException {
    CaptureHome home = new CaptureHome(root);
    Map<Long, List<String>> found = new TreeMap<>();
    for (String namespace : home.namespaces()) {
      Optional<Long> process = Journal.writer(home.namespace(namespace));
      process.ifPresent(pid -> found.computeIfAbsent(pid, _ -> new ArrayList<>()).add(namespace));
    }
    return new RunningCaptures(found);
  }

  boolean isEmpty() {
    return namespaces.isEmpty();
  }

  /** For people. */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    namespaces.forEach(
        (pid, names) ->
            lines.add(
                "process %d  records into %s%s"
                    .formatted(pid, String.join(", ", names), since(pid))));
    return lines;
  }

  private static String since(long pid) {
    Optional<Instant> start =
        ProcessHandle.of(pid).flatMap(process -> process.info().startInstant());
    return start.map(instant -> "  since " + instant).orElse("");
  }

  /** Tells all to end; whether they have. */
  boolean stop() {
    boolean ended = true;
    for (long pid : namespaces.keySet()) {
      Optional<ProcessHandle> process = ProcessHandle.of(pid);
      if (process.isPresent()) {
        process.get().destroy();
        ended &= awaitEnd(process.get());
      }
    }
    return ended;
  }

  private static boolean awaitEnd(ProcessHandle process) {
    try {
      process.onExit().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      return true;
    } catch (TimeoutException | ExecutionException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
