package ai.kolm.grammar;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * Schemas to walk through: those of the JSON Schema Test Suite, and those written for the tests.
 */
final class SchemaCases {
  /** A schema and how it is enforced and judged. */
  record Case(String schema, SpecificationVersion version, JsonStyle style) {}

  private SchemaCases() {}

  static List<Case> all() throws IOException {
    List<Case> cases = new ArrayList<>();
    JsonStyle annotate = JsonStyle.DEFAULT.with(JsonStyle.Formats.ANNOTATE);
    for (SchemaTests.Group group : SchemaTests.of("draft2020-12")) {
      cases.add(new Case(group.schema(), SpecificationVersion.DRAFT_2020_12, annotate));
    }
    for (SchemaTests.Group group : SchemaTests.of("draft7")) {
      // The validator always enforces the formats of draft 7.
      if (!group.file().equals("format.json")) {
        cases.add(new Case(group.schema(), SpecificationVersion.DRAFT_7, annotate));
      }
    }
    JsonStyle ordered =
        JsonStyle.DEFAULT.with(JsonStyle.KeyOrder.DECLARED).with(JsonStyle.Whitespace.COMPACT);
    for (String line : written()) {
      cases.add(new Case(line, SpecificationVersion.DRAFT_2020_12, JsonStyle.DEFAULT));
      cases.add(new Case(line, SpecificationVersion.DRAFT_2020_12, ordered));
    }
    return cases;
  }

  static List<String> written() throws IOException {
    try (InputStream in = SchemaCases.class.getResourceAsStream("/schemas/written.jsonl")) {
      return new String(in.readAllBytes(), UTF_8).lines().toList();
    }
  }
}
