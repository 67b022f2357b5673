package ai.kolm.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.capture.CaptureReader;
import ai.kolm.journal.Journal;
import ai.kolm.server.RawClient.Answer;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The disk takes no more bytes from the n-th page on, for every n until nothing fails: every
 * request is relayed, what was acknowledged is there, and recording goes on when there is space.
 */
@Tag("nightly")
class CaptureFullDiskTest {
  private static final int EXCHANGES = 14;
  private static final String ANSWER =
      "{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"%s\"},\"finish_reason\":\"stop\"}]}"
          .formatted("well ".repeat(200));
  private static final String ASK =
      CaptureRig.post(
          "/chat/completions",
          "",
          "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}"
              .formatted("how is it ".repeat(60)));

  @Test
  void theRelayGoesOnWhicheverWriteFails() throws Exception {
    SmallDisk disk = SmallDisk.find();
    long failed = 1;
    int points = 0;
    int answered = 0;
    for (int pages = 0; failed > 0; pages++) {
      Path home = disk.root().resolve("n" + pages);
      try (CaptureRig rig =
          new CaptureRig(
              home,
              (_, out, _) ->
                  out.write(
                      ScriptedProvider.answer(
                          200, "Content-Type: application/json\r\n", ANSWER.getBytes(UTF_8))))) {
        assertEquals(ANSWER, RawClient.exchange(rig.port(), ASK).body());
        rig.records(1);
        disk.fill(pages);
        for (int i = 0; i < EXCHANGES; i++) {
          Answer answer = RawClient.exchange(rig.port(), ASK);
          assertEquals(200, answer.status());
          assertEquals(ANSWER, answer.body());
          answered++;
        }
        rig.records(1 + EXCHANGES);
        failed = rig.recorder.lost();
        boolean degraded = rig.recorder.degraded();
        assertEquals(failed > 0, degraded, pages + " pages");
        disk.free();
        assertEquals(ANSWER, RawClient.exchange(rig.port(), ASK).body());
        rig.records(2 + EXCHANGES);
        assertEquals(failed, rig.recorder.lost(), "it goes on when there is space");
        assertTrue(!rig.recorder.degraded());
      }
      Journal.Scan scan = CaptureReader.open(rigHome(home), CaptureRig.NAMESPACE).scan(_ -> {});
      assertEquals(2 + EXCHANGES - failed, scan.records(), pages + " pages");
      assertEquals(0, scan.damaged());
      points++;
    }
    assertTrue(points > 3, points + " points");
    System.getLogger("ai.kolm.capture")
        .log(System.Logger.Level.INFO, "full at {0} points, {1} relayed", points, answered);
    disk.clear();
  }

  private static ai.kolm.capture.CaptureHome rigHome(Path home) {
    return new ai.kolm.capture.CaptureHome(home);
  }
}
