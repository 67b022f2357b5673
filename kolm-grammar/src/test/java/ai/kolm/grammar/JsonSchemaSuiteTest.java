package ai.kolm.grammar;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.grammar.compiler.GrammarCompiler;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/**
 * The JSON Schema Test Suite as texts: a valid instance is accepted to its end, an invalid one is
 * refused somewhere, in every way of writing and tokenizing it; or the schema is refused by name.
 */
class JsonSchemaSuiteTest {
  private final TestVocabulary vocabulary = TestVocabulary.json();
  private final GrammarCompiler compiler = new GrammarCompiler(vocabulary, GrammarLimits.DEFAULT);
  private final TokenMask mask = new TokenMask(vocabulary.size());
  private final Random random = new Random(5);

  private final List<String> wrong = new ArrayList<>();
  private final Map<String, Integer> refusals = new TreeMap<>();
  private int right;
  private int refused;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "draft4",
        "draft6",
        "draft7",
        "draft2019-09",
        "draft2020-12",
        "draft7/optional/format",
        "draft2019-09/optional/format",
        "draft2020-12/optional/format",
        "draft2020-12/optional"
      })
  void theVerdictIsRightOrTheSchemaIsRefusedByName(String folder) throws Exception {
    boolean formats = folder.endsWith("format");
    JsonStyle style =
        formats ? JsonStyle.DEFAULT : JsonStyle.DEFAULT.with(JsonStyle.Formats.ANNOTATE);
    for (SchemaTests.Group group : SchemaTests.of(folder)) {
      judge(group, style);
    }
    System.out.printf("%s: %d right, %d refused %s%n", folder, right, refused, refusals);
    List<String> known = knownExceptions();
    assertEquals(List.of(), wrong.stream().filter(name -> !known.contains(name)).toList());
    int[] baseline = baseline(folder);
    assertTrue(right >= baseline[0], right + " right, " + baseline[0] + " before");
    assertTrue(refused <= baseline[1], refused + " refused, " + baseline[1] + " before");
  }

  private void judge(SchemaTests.Group group, JsonStyle style) throws Exception {
    Grammar grammar = null;
    boolean unsatisfiable = false;
    try {
      grammar = compiler.jsonSchema(SchemaTests.schema(group.schema()), style);
    } catch (GrammarException e) {
      unsatisfiable = e.code() == GrammarException.Code.UNSATISFIABLE;
      if (!unsatisfiable) {
        assertTrue(e.code() == GrammarException.Code.UNSUPPORTED, group + ": " + e.getMessage());
        refusals.merge(e.subject(), group.tests().size(), Integer::sum);
      }
    }
    for (JsonNode test : group.tests()) {
      boolean valid = test.get("valid").booleanValue();
      if (grammar == null) {
        right += unsatisfiable && !valid ? 1 : 0;
        refused += unsatisfiable && !valid ? 0 : 1;
      } else if (agrees(grammar, test.get("data"), valid)) {
        right++;
      } else {
        wrong.add(group.name(test));
      }
    }
  }

  private boolean agrees(Grammar grammar, JsonNode data, boolean valid) {
    String compact = SchemaTests.write(data);
    return accepts(grammar, compact) == valid
        && accepts(grammar, SchemaTests.writeLoosely(data)) == valid;
  }

  /** Token by token; every bit of the mask that is looked at agrees with what is accepted. */
  private boolean accepts(Grammar grammar, String text) {
    TokenMatcher matcher = grammar.matcher();
    for (int token : vocabulary.tokenize(text.getBytes(UTF_8), random)) {
      matcher.fill(mask);
      boolean allowed = mask.allows(token);
      boolean accepted = true;
      try {
        matcher.accept(token);
      } catch (IllegalArgumentException e) {
        accepted = false;
      }
      assertEquals(allowed, accepted, text);
      if (!accepted) {
        return false;
      }
    }
    matcher.fill(mask);
    assertEquals(matcher.isComplete(), mask.allows(vocabulary.end()), text);
    return matcher.isComplete();
  }

  private static List<String> knownExceptions() throws IOException {
    try (InputStream in = SchemaTests.open("baseline.txt")) {
      return new String(in.readAllBytes(), UTF_8)
          .lines()
          .filter(line -> line.startsWith("rejects "))
          .map(line -> line.substring(8))
          .toList();
    }
  }

  private static int[] baseline(String folder) throws IOException {
    try (InputStream in = SchemaTests.open("baseline.txt")) {
      String line =
          new String(in.readAllBytes(), UTF_8)
              .lines()
              .filter(l -> l.startsWith(folder + " "))
              .findFirst()
              .orElseThrow();
      String[] words = line.split(" ", -1);
      return new int[] {Integer.parseInt(words[1]), Integer.parseInt(words[3])};
    }
  }

  /** A harness that cannot fail proves nothing: a wrong verdict is found. */
  @Test
  void aWrongVerdictIsFound() throws Exception {
    Grammar grammar =
        compiler.jsonSchema(SchemaTests.schema("{\"type\":\"integer\"}"), JsonStyle.DEFAULT);
    JsonNode text = SchemaTests.MAPPER.readTree("\"text\"");
    assertTrue(agrees(grammar, text, false));
    assertTrue(!agrees(grammar, text, true));
  }
}
