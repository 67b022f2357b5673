package ai.kolm.capture;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.capture.CaptureStore.Protection;
import ai.kolm.journal.Journal.Durability;
import ai.kolm.journal.JournalInUseException;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** How long records stay, who may write them, and what is left of those that are deleted. */
class CaptureStoreTest {
  private static final long DAY = 86_400_000L;
  private static final long NOW = 1_800_000_000_000L;

  @TempDir private Path root;

  private CaptureStore store(boolean encrypt, int days) {
    return new CaptureStore(
        new CaptureHome(root),
        new CaptureStore.Options(
            Durability.KILL, encrypt ? Protection.KEY : Protection.NONE, days));
  }

  private static CaptureRecord record(int number, long time) throws JsonException {
    String json =
        "{\"v\":1,\"id\":\"cap_%d\",\"ns\":\"notes\",\"t\":%d,\"state\":\"complete\",\"request\":\"words of record %d.\"}"
            .formatted(number, time, number);
    return new CaptureRecord(
        JsonReader.readObject(json.getBytes(UTF_8), JsonLimits.DEFAULT).json());
  }

  private List<String> ids() throws IOException, CaptureException {
    List<String> ids = new ArrayList<>();
    CaptureReader.open(new CaptureHome(root), "notes").scan(record -> ids.add(record.id()));
    return ids;
  }

  private boolean anywhere(String text) throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (Files.readString(file, ISO_8859_1).contains(text)) {
          return true;
        }
      }
      return false;
    }
  }

  @Test
  void recordsStayForTheirDaysUnlessTheyAreOnHold() throws Exception {
    try (CaptureStore store = store(false, 30)) {
      store.append(record(1, NOW - 31 * DAY));
      store.append(record(2, NOW - 29 * DAY));
      store.append(record(3, NOW));
      store.hold("notes", true);
      assertEquals(0, store.expire(NOW));
      store.hold("notes", false);
      assertEquals(1, store.expire(NOW));
      assertEquals(List.of("cap_2", "cap_3"), ids());
      assertFalse(anywhere("words of record 1."));
      assertEquals(2, store.expire(NOW + 40 * DAY));
      store.append(record(4, NOW));
      assertEquals(List.of("cap_4"), ids());
    }
  }

  @Test
  void withoutRetentionRecordsStay() throws Exception {
    try (CaptureStore store = store(false, 0)) {
      store.append(record(1, 0));
      assertEquals(0, store.expire(NOW));
      assertEquals(List.of("cap_1"), ids());
    }
  }

  @Test
  void anEncryptedNamespaceHasNoTextAndLosesItsKeyFirst() throws Exception {
    Path copy = root.resolve("backup");
    try (CaptureStore store = store(true, 30)) {
      store.append(record(1, NOW));
      assertFalse(anywhere("words of record 1."));
      assertEquals(List.of("cap_1"), ids());
      Files.copy(root.resolve("captures/notes/1.log"), copy);
      store.delete("notes");
      assertFalse(Files.exists(root.resolve("captures/notes")));
      // Whoever has a copy of the log has no key for it.
      store.append(record(2, NOW));
      Files.move(copy, root.resolve("captures/notes/9.log"));
      assertEquals(List.of("cap_2"), ids());
    }
  }

  private CaptureHome knowing(String passphrase) {
    return new CaptureHome(root, (_, _) -> passphrase.toCharArray());
  }

  @Test
  void aPassphraseKeepsANamespaceWithoutAnyKeyOnTheDisk() throws Exception {
    CaptureStore.Options options =
        new CaptureStore.Options(Durability.KILL, Protection.PASSPHRASE, 30);
    try (CaptureStore store = new CaptureStore(knowing("correct horse"), options)) {
      store.append(record(1, NOW));
    }
    try (CaptureStore store =
        new CaptureStore(knowing("correct horse"), CaptureStore.Options.DEFAULT)) {
      store.append(record(2, NOW));
    }
    assertFalse(anywhere("words of record"));
    assertFalse(Files.exists(root.resolve("capture-key")));
    List<String> ids = new ArrayList<>();
    CaptureReader.open(knowing("correct horse"), "notes").scan(record -> ids.add(record.id()));
    assertEquals(List.of("cap_1", "cap_2"), ids);
    refused("not the passphrase", () -> CaptureReader.open(knowing("wrong horse"), "notes"));
    refused("kept by a passphrase", () -> CaptureReader.open(new CaptureHome(root), "notes"));
  }

  private static void refused(String words, Executable what) {
    String message = String.valueOf(assertThrows(CaptureException.class, what).getMessage());
    assertTrue(message.contains(words), message);
  }

  /** Who asks for encryption must not get records as text because the namespace is an old one. */
  @Test
  void anOlderNamespaceIsNotWrittenWithLessProtectionThanAskedFor() throws Exception {
    try (CaptureStore store = store(false, 30)) {
      store.append(record(1, NOW));
    }
    try (CaptureStore store = store(true, 30)) {
      refused("without encryption", () -> store.append(record(2, NOW)));
    }
    CaptureStore.Options options =
        new CaptureStore.Options(Durability.KILL, Protection.PASSPHRASE, 30);
    try (CaptureStore store = new CaptureStore(knowing("correct horse"), options)) {
      refused("without encryption", () -> store.open("notes"));
    }
    assertEquals(List.of("cap_1"), ids());
  }

  @Test
  void twoProcessesDoNotShareANamespace() throws Exception {
    try (CaptureStore first = store(false, 30);
        CaptureStore second = store(false, 30)) {
      first.open("notes");
      JournalInUseException e =
          assertThrows(JournalInUseException.class, () -> second.open("notes"));
      String message = String.valueOf(e.getMessage());
      assertTrue(message.contains("process " + ProcessHandle.current().pid()), message);
    }
  }
}
