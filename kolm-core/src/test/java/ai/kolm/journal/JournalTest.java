package ai.kolm.journal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.journal.Journal.Durability;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Journals under torn writes, full disks, failing forces, damage, kill -9 and loss of power. */
class JournalTest {
  @TempDir private Path root;

  private static byte[] payload(int number) {
    return ("{\"n\":" + number + ",\"text\":\"" + "x".repeat(number % 50) + "\"}").getBytes(UTF_8);
  }

  private static List<String> read(Path directory) throws IOException {
    List<String> records = new ArrayList<>();
    Journal.scan(directory, record -> records.add(new String(record, UTF_8)));
    return records;
  }

  private static Journal open(Path directory, JournalDisk disk, long segment) throws IOException {
    return Journal.open(directory, Durability.SYNC, disk, segment);
  }

  @Test
  void recordsComeBackInOrderOverSegments() throws Exception {
    Path directory = root.resolve("a");
    try (Journal journal = open(directory, JournalDisk.REAL, 1_000)) {
      for (int i = 0; i < 100; i++) {
        journal.append(payload(i));
      }
    }
    try (Journal journal = open(directory, JournalDisk.REAL, 1_000)) {
      journal.append(payload(100));
      List<String> records = read(directory);
      assertEquals(101, records.size());
      for (int i = 0; i < 101; i++) {
        assertEquals(new String(payload(i), UTF_8), records.get(i));
      }
    }
    assertTrue(JournalFiles.segments(directory).size() > 3);
    assertThrows(IllegalArgumentException.class, () -> JournalLine.of(new byte[] {'\n'}));
  }

  @Test
  void aTornTailIsCutAndDamageElsewhereIsSkipped() throws Exception {
    Path directory = root.resolve("b");
    try (Journal journal = Journal.open(directory, Durability.KILL)) {
      for (int i = 0; i < 10; i++) {
        journal.append(payload(i));
      }
    }
    Path segment = directory.resolve("1.log");
    byte[] bytes = Files.readAllBytes(segment);
    bytes[20] ^= 1;
    Files.write(segment, bytes);
    Files.write(segment, "K1 0000".getBytes(UTF_8), StandardOpenOption.APPEND);
    try (Journal journal = Journal.open(directory, Durability.KILL)) {
      assertEquals(7, journal.cutBytes());
      journal.append(payload(10));
      Journal.Scan scan = Journal.scan(directory, _ -> {});
      assertEquals(10, scan.records());
      assertEquals(1, scan.damaged());
    }
  }

  @Test
  void everyTruncationLeavesAPrefix() throws Exception {
    Path directory = root.resolve("c");
    List<String> all = new ArrayList<>();
    try (Journal journal = Journal.open(directory, Durability.KILL)) {
      for (int i = 0; i < 8; i++) {
        journal.append(payload(i));
        all.add(new String(payload(i), UTF_8));
      }
    }
    byte[] bytes = Files.readAllBytes(directory.resolve("1.log"));
    for (int length = 0; length <= bytes.length; length++) {
      Path cut = Files.createDirectories(root.resolve("cut" + length));
      Files.write(cut.resolve("1.log"), Arrays.copyOf(bytes, length));
      try (Journal journal = Journal.open(cut, Durability.KILL)) {
        List<String> left = read(cut);
        assertEquals(all.subList(0, left.size()), left);
        journal.append(payload(99));
        assertEquals(left.size() + 1, read(cut).size());
      }
    }
  }

  @Test
  void aSecondWriterIsRefusedByName() throws Exception {
    Path directory = root.resolve("d");
    try (Journal journal = Journal.open(directory, Durability.KILL)) {
      journal.append(payload(1));
      JournalInUseException refused =
          assertThrows(JournalInUseException.class, () -> Journal.open(directory, Durability.KILL));
      assertTrue(
          String.valueOf(refused.getMessage()).contains("process " + ProcessHandle.current().pid()),
          refused.getMessage());
    }
  }

  @Test
  void theWriterIsKnownWhileItWrites() throws Exception {
    Path directory = root.resolve("w");
    assertEquals(Optional.empty(), Journal.writer(directory));
    try (Journal journal = Journal.open(directory, Durability.KILL)) {
      assertEquals(Optional.of(ProcessHandle.current().pid()), Journal.writer(directory));
      journal.append(payload(1));
    }
    assertEquals(Optional.empty(), Journal.writer(directory));
  }

  @Test
  void removedRecordsLeaveNoByte() throws Exception {
    Path directory = root.resolve("e");
    try (Journal journal = open(directory, JournalDisk.REAL, 500)) {
      for (int i = 0; i < 60; i++) {
        journal.append(payload(i));
      }
      int removed = journal.remove(record -> !new String(record, UTF_8).contains("\"n\":7,"));
      assertEquals(1, removed);
      for (Path segment : JournalFiles.segments(directory)) {
        assertFalse(Files.readString(segment).contains("\"n\":7,"));
      }
      journal.append(payload(60));
      assertEquals(60, read(directory).size());
      assertEquals(60, journal.remove(_ -> false));
      journal.append(payload(61));
      assertEquals(1, read(directory).size());
    }
  }

  /** A disk that fails at the n-th call, after a part of a write. */
  private static final class FailingDisk implements JournalDisk {
    private final int failAt;
    private int calls;

    FailingDisk(int failAt) {
      this.failAt = failAt;
    }

    private boolean fails() {
      return calls++ == failAt;
    }

    @Override
    public File open(Path path) throws IOException {
      File file = JournalDisk.REAL.open(path);
      return new File() {
        @Override
        public int write(ByteBuffer bytes, long offset) throws IOException {
          if (fails()) {
            ByteBuffer part = bytes.duplicate();
            part.limit(part.position() + part.remaining() / 2);
            file.write(part, offset);
            throw new IOException("No space left on device");
          }
          return file.write(bytes, offset);
        }

        @Override
        public void force() throws IOException {
          if (fails()) {
            throw new IOException("Input/output error");
          }
          file.force();
        }

        @Override
        public void truncate(long size) throws IOException {
          file.truncate(size);
        }

        @Override
        public long size() throws IOException {
          return file.size();
        }

        @Override
        public void close() throws IOException {
          file.close();
        }
      };
    }
  }

  @Test
  void whatIsAcknowledgedIsThereWhicheverCallFails() throws Exception {
    for (int failAt = 0; failAt < 64; failAt++) {
      Path directory = root.resolve("f" + failAt);
      TreeSet<String> acknowledged = new TreeSet<>();
      int refused = 0;
      try (Journal journal = open(directory, new FailingDisk(failAt), 700)) {
        for (int i = 0; i < 30; i++) {
          try {
            journal.append(payload(i));
            acknowledged.add(new String(payload(i), UTF_8));
          } catch (IOException e) {
            refused++;
          }
        }
      } catch (IOException e) {
        refused++; // the last force, when it is closed
      }
      List<String> records = read(directory);
      assertEquals(acknowledged, new TreeSet<>(records), "call " + failAt);
      assertEquals(acknowledged.size(), records.size(), "no duplicate");
      assertTrue(refused <= 1, "call " + failAt);
    }
  }

  /** A disk that keeps apart what was written and what was forced. */
  private static final class VolatileDisk implements JournalDisk {
    private final TreeMap<String, byte[]> forced = new TreeMap<>();
    private final TreeMap<String, byte[]> written = new TreeMap<>();

    @Override
    public File open(Path path) throws IOException {
      String name = String.valueOf(path.getFileName());
      written.putIfAbsent(name, new byte[0]);
      return new File() {
        @Override
        public int write(ByteBuffer bytes, long offset) {
          byte[] old = written.getOrDefault(name, new byte[0]);
          int length = Math.max(old.length, (int) offset + bytes.remaining());
          byte[] fresh = Arrays.copyOf(old, length);
          int count = bytes.remaining();
          bytes.get(fresh, (int) offset, count);
          written.put(name, fresh);
          return count;
        }

        @Override
        public void force() {
          forced.put(name, written.getOrDefault(name, new byte[0]));
        }

        @Override
        public void truncate(long size) {
          written.put(name, Arrays.copyOf(written.getOrDefault(name, new byte[0]), (int) size));
        }

        @Override
        public long size() {
          return written.getOrDefault(name, new byte[0]).length;
        }

        @Override
        public void close() {}
      };
    }

    /** What the platter may hold after the power went: any part of what was not forced. */
    void crash(Path directory, Random random) throws IOException {
      Files.createDirectories(directory);
      for (var file : written.entrySet()) {
        byte[] safe = forced.getOrDefault(file.getKey(), new byte[0]);
        byte[] all = file.getValue();
        int length = safe.length + random.nextInt(Math.max(1, all.length - safe.length + 1));
        byte[] left = Arrays.copyOf(all, Math.min(all.length, length));
        for (int i = safe.length; i < left.length; i++) {
          if (random.nextInt(40) == 0) {
            left[i] = 0; // a sector that was not written
          }
        }
        if (left.length > 0) {
          Files.write(directory.resolve(file.getKey()), left);
        }
      }
    }
  }

  @Test
  void withSyncWhatIsAcknowledgedSurvivesTheLossOfPower() throws Exception {
    int states = Integer.getInteger("kolm.journal.states", 400);
    for (int seed = 0; seed < states; seed++) {
      Random random = new Random(seed);
      Path live = root.resolve("live" + seed);
      VolatileDisk disk = new VolatileDisk();
      List<String> acknowledged = new ArrayList<>();
      Path after = root.resolve("after" + seed);
      try (Journal journal = open(live, disk, 400)) {
        int count = random.nextInt(20);
        for (int i = 0; i < count; i++) {
          journal.append(payload(i));
          acknowledged.add(new String(payload(i), UTF_8));
        }
        // A line that was being written when the power went.
        disk.written.computeIfPresent(
            disk.written.lastKey(), (_, bytes) -> torn(bytes, payload(count)));
        disk.crash(after, random);
      }
      try (Journal journal = Journal.open(after, Durability.SYNC)) {
        journal.append(payload(77));
        List<String> records = read(after);
        assertTrue(records.containsAll(acknowledged), "state " + seed);
        assertTrue(records.size() <= acknowledged.size() + 2, "state " + seed);
      }
    }
  }

  private static byte[] torn(byte[] bytes, byte[] payload) {
    byte[] line = JournalLine.of(payload);
    byte[] all = Arrays.copyOf(bytes, bytes.length + line.length);
    System.arraycopy(line, 0, all, bytes.length, line.length);
    return all;
  }

  /** Appends until it is killed; says which records are acknowledged. */
  public static final class Writer {
    private Writer() {}

    public static void main(String[] arguments) throws IOException {
      try (Journal journal = Journal.open(Path.of(arguments[0]), Durability.KILL)) {
        for (int i = Integer.parseInt(arguments[1]); ; i++) {
          journal.append(payload(i));
          System.out.println(i);
          System.out.flush();
        }
      }
    }
  }

  @Test
  void aKilledWriterLosesNothingThatWasAcknowledged() throws Exception {
    Path directory = root.resolve("killed");
    int kills = Integer.getInteger("kolm.journal.kills", 3);
    TreeSet<Integer> acknowledged = new TreeSet<>();
    Random random = new Random(9);
    for (int kill = 0; kill < kills; kill++) {
      int from = acknowledged.isEmpty() ? 0 : acknowledged.last() + 1_000_000;
      Path said = root.resolve("said" + kill);
      Process writer =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-XX:TieredStopAtLevel=1",
                  "-cp",
                  System.getProperty("java.class.path"),
                  Writer.class.getName(),
                  directory.toString(),
                  Integer.toString(from))
              .redirectOutput(said.toFile())
              .start();
      long deadline = System.nanoTime() + 60_000_000_000L;
      while (Files.size(said) < 1 + random.nextInt(9_000) && System.nanoTime() < deadline) {
        Thread.sleep(1);
      }
      writer.destroyForcibly().waitFor();
      String text = Files.readString(said);
      text.substring(0, text.lastIndexOf('\n') + 1)
          .lines()
          .forEach(line -> acknowledged.add(Integer.parseInt(line)));
      try (Journal journal = Journal.open(directory, Durability.KILL)) {
        assertTrue(journal.cutBytes() < 200, "at most one torn line");
      }
    }
    List<String> records = read(directory);
    TreeSet<String> found = new TreeSet<>(records);
    assertEquals(records.size(), found.size(), "no duplicate");
    for (int number : acknowledged) {
      assertTrue(found.contains(new String(payload(number), UTF_8)), "record " + number);
    }
    assertTrue(acknowledged.size() > kills);
  }
}
