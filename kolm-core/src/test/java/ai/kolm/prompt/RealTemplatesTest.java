package ai.kolm.prompt;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.kolm.json.JsonException;
import ai.kolm.json.JsonObject;
import ai.kolm.prompt.jinja.TemplateError;
import ai.kolm.prompt.jinja.TemplateGolden;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The templates of real models, rendered with every conversation in every variant, against what
 * jinja2 in the settings of transformers makes of them, byte for byte.
 */
class RealTemplatesTest {
  private final JsonObject golden = TemplateGolden.json("rendered.json");
  private final Map<String, Conversation> conversations = Conversation.readAll();

  RealTemplatesTest() throws JsonException {}

  @TestFactory
  Stream<DynamicTest> rendersAsTransformersDoes() throws JsonException {
    return golden.objects("templates").stream()
        .map(row -> DynamicTest.dynamicTest(name(row), () -> compare(row)));
  }

  private static String name(JsonObject row) {
    try {
      return row.string("name");
    } catch (JsonException e) {
      throw new IllegalStateException(e);
    }
  }

  private void compare(JsonObject row) throws JsonException, TemplateException {
    ChatTemplate template = compile(row.string("name"));
    List<String> differences = new ArrayList<>();
    int rendered = 0;
    int refused = 0;
    JsonObject results = row.object("results");
    for (String name : results.names()) {
      List<String> expected = results.strings(name);
      Conversation conversation = Objects.requireNonNull(conversations.get(name), name);
      List<String> variants = List.copyOf(golden.object("variants").names());
      for (int i = 0; i < variants.size(); i++) {
        JsonObject variant = golden.object("variants").object(variants.get(i));
        PromptRequest request = conversation.request(variant);
        String actual = render(template, request);
        if (!agrees(expected.get(i), actual)) {
          differences.add(
              "%s/%s/%s: expected %s, got %s"
                  .formatted(row.string("name"), name, variants.get(i), expected.get(i), actual));
        }
        rendered += expected.get(i).startsWith("!") ? 0 : 1;
        refused += expected.get(i).startsWith("!") ? 1 : 0;
      }
    }
    System.out.printf("%s: %d rendered, %d refused%n", row.string("name"), rendered, refused);
    assertEquals(
        List.of(),
        differences,
        "scripts/golden/gen_templates.py --show NAME prints what is expected");
  }

  private ChatTemplate compile(String name) throws JsonException, TemplateException {
    JsonObject tokens = golden.object("tokens");
    return ChatTemplate.compile(
        TemplateGolden.template(name),
        Optional.of(tokens.string("bos_token")),
        Optional.of(tokens.string("eos_token")),
        TemplateGolden.clock(golden.string("now")),
        TemplateLimits.DEFAULT);
  }

  private static String render(ChatTemplate template, PromptRequest request) {
    try {
      String text = template.render(request, MessageShape.TRANSFORMERS).chars();
      return TemplateGolden.digest(text);
    } catch (TemplateError e) {
      return "!" + e.kind() + ": " + e.reason();
    }
  }

  /** Errors of the template and of jinja2 are the same to the letter; Python's are errors too. */
  private static boolean agrees(String expected, String actual) {
    if (!expected.startsWith("!")) {
      return expected.equals(actual);
    }
    String reason = expected.substring(expected.indexOf(": ") + 2);
    if (expected.startsWith("!TemplateError")) {
      return actual.equals("!RAISED: " + reason);
    }
    if (expected.startsWith("!RecursionError")) {
      return actual.startsWith("!LIMIT");
    }
    return actual.equals("!EVALUATION: " + reason)
        || (actual.startsWith("!EVALUATION") && !expected.startsWith("!UndefinedError"));
  }
}
