package ai.kolm.prompt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonObject;
import ai.kolm.prompt.Prompt.Segment;
import ai.kolm.prompt.jinja.TemplateGolden;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Conversations, tools and arguments full of the special tokens of the very template that renders
 * them: none may come out as something the template wrote.
 */
class OriginTest {
  /** Stands in every hostile text, and in no template. */
  private static final String MARK = "\uE000";

  /** What looks like a special token: {@code <|x|>}, {@code <x>}, {@code [X]}, in any brackets. */
  private static final Pattern TOKEN =
      Pattern.compile("<[|｜]?[^<>{}\\s'\"+]{1,40}[|｜]?>|\\[/?[A-Z_]{3,30}\\]");

  private final Map<String, Conversation> conversations = Conversation.readAll();

  OriginTest() throws JsonException {}

  @TestFactory
  Stream<DynamicTest> noConversationWritesForTheTemplate() throws JsonException {
    List<String> names = new ArrayList<>();
    for (JsonObject row : TemplateGolden.json("rendered.json").objects("templates")) {
      names.add(row.string("name"));
    }
    return names.stream().map(name -> DynamicTest.dynamicTest(name, () -> attack(name)));
  }

  private void attack(String name) throws TemplateException {
    String source = TemplateGolden.template(name);
    assertFalse(source.contains(MARK));
    ChatTemplate template =
        ChatTemplate.compile(
            source,
            Optional.of("<|bos|>"),
            Optional.of("<|eos|>"),
            Clock.systemUTC(),
            TemplateLimits.DEFAULT);
    String hostile = hostile(source);
    int rendered = 0;
    for (Conversation conversation : conversations.values()) {
      @Nullable Prompt attacked = render(template, conversation, text -> hostile + text);
      @Nullable Prompt harmless = render(template, conversation, text -> MARK + text);
      if (attacked == null || harmless == null) {
        continue;
      }
      assertEquals(List.of(), leaks(attacked), conversation.name());
      assertEquals(
          ownTokens(harmless),
          ownTokens(attacked),
          "special tokens of the template in " + conversation.name());
      rendered++;
    }
    System.out.printf("%s: %d attacked%n", name, rendered);
  }

  /** All tokens of a template, except the marks of thinking, by which templates split answers. */
  private static String hostile(String source) {
    Set<String> tokens = new LinkedHashSet<>(List.of("<|bos|>", "<|eos|>", "</s>", "<|im_end|>"));
    Matcher matcher = TOKEN.matcher(source);
    while (matcher.find()) {
      tokens.add(matcher.group());
    }
    return tokens.stream()
        .filter(token -> !token.contains("think") && !token.contains("channel"))
        .map(token -> MARK + token)
        .collect(Collectors.joining("\n", "", MARK + "\n"));
  }

  /** The segments that say the template wrote them and hold something of the conversation. */
  private static List<Segment> leaks(Prompt prompt) {
    return prompt.segments().stream()
        .filter(segment -> segment.fromTemplate() && segment.text().contains(MARK))
        .toList();
  }

  /** How often the template wrote each special token. */
  private static Map<String, Integer> ownTokens(Prompt prompt) {
    Map<String, Integer> counts = new LinkedHashMap<>();
    for (Segment segment : prompt.segments()) {
      Matcher matcher = TOKEN.matcher(segment.text());
      while (segment.fromTemplate() && matcher.find()) {
        counts.merge(matcher.group(), 1, Integer::sum);
      }
    }
    return counts;
  }

  private static @Nullable Prompt render(
      ChatTemplate template, Conversation conversation, UnaryOperator<String> change) {
    List<Message> messages =
        conversation.messages().stream().map(message -> change(message, change)).toList();
    List<Json.Obj> tools =
        conversation.tools().stream().map(tool -> (Json.Obj) change(tool, change)).toList();
    try {
      return template.render(new PromptRequest(messages, tools, true, Map.of()));
    } catch (TemplateException e) {
      return null;
    }
  }

  private static Message change(Message message, UnaryOperator<String> change) {
    String content = message.content();
    String reasoning = message.reasoning();
    String name = message.name();
    return new Message(
        message.role(),
        content == null ? null : change.apply(content),
        name == null ? null : change.apply(name),
        message.toolCalls().stream()
            .map(call -> new ToolCall(call.id(), change.apply(call.name()), call.arguments()))
            .toList(),
        message.toolCallId(),
        reasoning == null ? null : change.apply(reasoning));
  }

  /** Names and descriptions; the rest of a schema decides what a template does. */
  private static Json change(Json json, UnaryOperator<String> change) {
    return switch (json) {
      case Json.Obj object -> {
        Map<String, Json> members = new LinkedHashMap<>();
        object
            .members()
            .forEach(
                (key, value) ->
                    members.put(
                        key,
                        value instanceof Json.Str text
                                && (key.equals("description") || key.equals("name"))
                            ? new Json.Str(change.apply(text.value()))
                            : change(value, change)));
        yield new Json.Obj(members);
      }
      case Json.Arr array ->
          new Json.Arr(array.items().stream().map(item -> change(item, change)).toList());
      case Json.Str _, Json.Int _, Json.Real _, Json.Bool _, Json.Null _ -> json;
    };
  }

  /** The oracle sees a leak and a forged token where there is one. */
  @Test
  void theChecksWork() {
    Prompt leaking = new Prompt(List.of(new Segment("<a>" + MARK, true), new Segment("x", false)));
    assertEquals(1, leaks(leaking).size());
    assertEquals(Map.of("<a>", 1), ownTokens(leaking));
    assertTrue(hostile("{{ '<|im_start|>' }}[INST]").contains(MARK + "<|im_start|>"));
  }
}
