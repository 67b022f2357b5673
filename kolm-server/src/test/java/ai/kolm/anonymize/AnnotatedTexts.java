package ai.kolm.anonymize;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonReader;
import ai.kolm.json.JsonText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Texts with what identifies somebody in them, as JSON lines that other tools can read. */
final class AnnotatedTexts {
  private AnnotatedTexts() {}

  static void write(String[] arguments) throws IOException, JsonException {
    Anonymizer anonymizer = new Anonymizer();
    List<String> lines = new ArrayList<>();
    if (arguments[0].equals("notes")) {
      NoteGenerator generator = AnonymizerReport.testNotes(AnonymizerReport.SEED);
      for (int i = 0; i < Integer.parseInt(arguments[1]); i++) {
        NoteGenerator.Note note = generator.next(8);
        lines.add(line(note.text(), spans(note.truth()), anonymizer));
      }
    } else {
      for (String line : Files.readAllLines(Path.of(arguments[1]))) {
        JsonObject given = JsonReader.readObject(line.getBytes(UTF_8), JsonLimits.DEFAULT);
        lines.add(line(given.string("text"), new Json.Arr(given.array("truth")), anonymizer));
      }
    }
    Files.write(Path.of(arguments[2]), lines);
  }

  private static String line(String text, Json truth, Anonymizer anonymizer) {
    Map<String, Json> members = new LinkedHashMap<>();
    members.put("text", new Json.Str(text));
    members.put("truth", truth);
    members.put("found", spans(anonymizer.find(text)));
    return JsonText.of(new Json.Obj(members));
  }

  private static Json spans(List<Span> spans) {
    return new Json.Arr(
        spans.stream()
            .<Json>map(
                span ->
                    new Json.Arr(
                        List.of(
                            new Json.Int(span.start()),
                            new Json.Int(span.end()),
                            new Json.Str(span.type().name()))))
            .toList());
  }
}
