package ai.kolm.journal;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.journal.Journal.Durability;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * A journal of 1 GiB: how long it takes to open it, and to read all of it. Its main method prints
 * what docs/capture.md says.
 */
final class JournalReport {
  private static final long BYTES = 1L << 30;

  private JournalReport() {}

  public static void main(String[] arguments) throws Exception {
    Path directory = Files.createTempDirectory("journal");
    byte[] payload = "{\"text\":\"%s\"}".formatted("so it goes ".repeat(370)).getBytes(UTF_8);
    long records = BYTES / payload.length;
    try (Journal journal = Journal.open(directory, Durability.KILL)) {
      for (long i = 0; i < records; i++) {
        journal.append(payload);
      }
    }
    long start = System.nanoTime();
    try (Journal journal = Journal.open(directory, Durability.KILL)) {
      journal.append(payload);
    }
    long opened = System.nanoTime();
    Journal.Scan scan = Journal.scan(directory, _ -> {});
    System.out.printf(
        Locale.ROOT,
        "%,d records, %,d bytes: opened and one appended in %.2f s, read in %.2f s, %d damaged%n",
        scan.records(),
        scan.bytes(),
        (opened - start) / 1e9,
        (System.nanoTime() - opened) / 1e9,
        scan.damaged());
    Journal.delete(directory);
    Files.delete(directory);
  }
}
