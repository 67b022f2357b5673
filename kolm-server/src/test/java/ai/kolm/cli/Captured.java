package ai.kolm.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.anonymize.Anonymizer;
import ai.kolm.capture.CaptureConfig;
import ai.kolm.capture.CaptureHome;
import ai.kolm.capture.CaptureRecorder;
import ai.kolm.capture.CaptureStore;
import ai.kolm.capture.CaptureStore.Protection;
import ai.kolm.capture.CaptureTags;
import ai.kolm.capture.CapturedExchange;
import ai.kolm.journal.Journal.Durability;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;

/** Traffic for tests, recorded by the code that a server uses. */
final class Captured {
  private static final List<String> KEYS = List.of("apple", "river", "stone", "cloud");
  private static final List<String> LABELS = List.of("fruit", "water", "rock", "sky");
  private static final List<String> NOISE = List.of("once", "there", "little", "happy");

  private Captured() {}

  /**
   * A question and its answer.
   *
   * @param user what is asked
   * @param assistant what was answered
   */
  record Turn(String user, String assistant) {}

  /** Texts with one word that decides the answer, all different. */
  static List<Turn> labels(int count, long seed) {
    Random random = new Random(seed);
    List<Turn> turns = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      List<String> words = new ArrayList<>();
      for (int w = 0; w < 5; w++) {
        words.add(NOISE.get(random.nextInt(NOISE.size())));
      }
      words.set(random.nextInt(words.size()), KEYS.get(i % KEYS.size()));
      String text = String.join(" ", words);
      turns.add(new Turn(text, label(text)));
    }
    return turns;
  }

  /** The answer that the word in a text decides. */
  static String label(String text) {
    int key = 0;
    while (!text.contains(KEYS.get(key))) {
      key++;
    }
    return LABELS.get(key);
  }

  /** Records turns into a namespace below {@code home}. */
  static void record(Path home, String namespace, boolean encrypt, List<Turn> turns)
      throws Exception {
    record(home, namespace, encrypt, turns, 200);
  }

  /** As above, with answers of another status. */
  static void record(Path home, String namespace, boolean encrypt, List<Turn> turns, int status)
      throws Exception {
    CountDownLatch done = new CountDownLatch(turns.size());
    CaptureStore.Options options =
        new CaptureStore.Options(Durability.KILL, encrypt ? Protection.KEY : Protection.NONE, 0);
    try (CaptureStore store = new CaptureStore(new CaptureHome(home.resolve("kolm")), options);
        CaptureRecorder recorder =
            new CaptureRecorder(
                CaptureConfig.of(new CaptureTags(namespace, namespace)), store, new Anonymizer())) {
      for (Turn turn : turns) {
        CapturedExchange exchange =
            recorder.begin(recorder.config().tags(), "openai", "/chat/completions", "rcpt_x");
        byte[] ask =
            "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}"
                .formatted(turn.user)
                .getBytes(UTF_8);
        exchange.requestBytes(ask, 0, ask.length);
        exchange.head(status, "application/json", null);
        exchange.responseBytes(
            ByteBuffer.wrap(
                "{\"model\":\"m-1\",\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"%s\"},\"finish_reason\":\"stop\"}]}"
                    .formatted(turn.assistant)
                    .getBytes(UTF_8)));
        exchange.end(CapturedExchange.End.COMPLETE);
        recorder.offer(exchange, (_, _) -> done.countDown());
        while (recorder.stored() + recorder.lost() < turns.size() - done.getCount()) {
          Thread.onSpinWait();
        }
      }
      done.await();
    }
  }

  /** Packs the tiny chat model of the tests as a base. */
  static Path base(Path home, String name, String license) {
    Path artifact = home.resolve("kolm/artifacts").resolve(name + ".kolm");
    KolmRun run =
        KolmRun.of(
            home,
            Map.of(),
            "",
            "pack",
            KolmRun.chatModel().toString(),
            "--license",
            license,
            "--out",
            artifact.toString());
    if (run.exitCode() != 0) {
      throw new AssertionError(run.err());
    }
    return artifact;
  }
}
