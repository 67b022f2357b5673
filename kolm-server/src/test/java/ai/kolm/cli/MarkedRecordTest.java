package ai.kolm.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.capture.CaptureHome;
import ai.kolm.capture.CaptureReader;
import ai.kolm.capture.CaptureRecord;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code kolm captures show} underlines at a terminal. */
class MarkedRecordTest {
  private static final Pattern UNDERLINED = Pattern.compile("\u001b\\[4m(.*?)\u001b\\[24m");

  @TempDir private Path home;

  private static List<String> underlined(String text) {
    return UNDERLINED.matcher(text).results().map(found -> found.group(1)).toList();
  }

  @Test
  void stringsNumbersAndJsonWithinStrings() throws Exception {
    String json =
        """
        {"id":"cap_1","request":{"content":"Dr. Roe saw 4417","mrn":5512,"age":41,
         "arguments":"{\\"who\\":\\"Roe, \\\\\\"Jim\\\\\\"\\",\\"mrn\\":5512,\\"n\\":1}"},
         "anon":{"profile":"p","spans":{
          "/request/content":[[4,7,"NAME"],[12,16,"MRN"]],
          "/request/mrn":[[0,4,"MRN"]],
          "/request/arguments/who":[[0,3,"NAME"],[6,9,"NAME"]],
          "/request/arguments/mrn":[[0,4,"MRN"]],
          "/request/absent":[[0,1,"NAME"]]}}}
        """;
    CaptureRecord record =
        new CaptureRecord(JsonReader.readObject(json.getBytes(UTF_8), JsonLimits.DEFAULT).json());
    String text = MarkedRecord.text(record);
    assertEquals(List.of("Roe", "4417", "5512", "Roe", "Jim", "5512"), underlined(text));
    String plain = text.replaceAll("\u001b\\[[0-9]*m", "");
    assertTrue(plain.contains("\"mrn\": 5512,") && plain.contains("\\\"mrn\\\":5512,"), plain);
    assertTrue(plain.contains("\"profile\": \"p\"") && !plain.contains("spans"), plain);
  }

  /** A record that somebody has changed is shown, with the marks that fit. */
  @Test
  void placesThatDoNotFitAreLeftOut() throws Exception {
    String json =
        "{\"a\":\"text\",\"anon\":{\"spans\":{\"/a\":[[0,2,\"NAME\"],[1,3,\"NAME\"],[2,9,\"NAME\"],\"?\"]}}}";
    CaptureRecord record =
        new CaptureRecord(JsonReader.readObject(json.getBytes(UTF_8), JsonLimits.DEFAULT).json());
    assertEquals(List.of("te"), underlined(MarkedRecord.text(record)));
  }

  @Test
  void recordsSayWhereTheirSurrogatesAre() throws Exception {
    Captured.record(
        home,
        "notes",
        false,
        List.of(new Captured.Turn("redact PHI: John Doe MRN 8847", "Patient John Doe is well")));
    List<CaptureRecord> records = new ArrayList<>();
    CaptureReader.open(new CaptureHome(home.resolve("kolm")), "notes").scan(records::add);
    String text = MarkedRecord.text(records.getFirst());
    List<String> marked = underlined(text);
    assertEquals(3, marked.size(), text);
    assertEquals(marked.get(0), marked.get(2), "one name, one surrogate");
    assertTrue(
        text.contains("redact PHI: \u001b[4m%s\u001b[24m MRN \u001b[4m".formatted(marked.get(0))),
        text);
    String plain = text.replaceAll("\u001b\\[[0-9]*m", "");
    assertFalse(Pattern.compile("\\bDoe\\b").matcher(plain).find(), text); // Doetsch may be
    String piped = KolmRun.of(home, "captures", "show", records.getFirst().id()).out();
    assertTrue(piped.contains("\"spans\"") && !piped.contains("\u001b"), piped);
  }
}
