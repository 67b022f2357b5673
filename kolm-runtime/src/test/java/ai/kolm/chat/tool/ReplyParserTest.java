package ai.kolm.chat.tool;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.fake.FakeTokenizer;
import ai.kolm.grammar.Grammar;
import ai.kolm.grammar.GrammarLimits;
import ai.kolm.grammar.JsonStyle;
import ai.kolm.grammar.ReplyFrame.Otherwise;
import ai.kolm.grammar.ReplyFrame.Thinking;
import ai.kolm.grammar.TokenMatcher;
import ai.kolm.grammar.compiler.GrammarCompiler;
import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonReader;
import ai.kolm.tokenizer.Vocabulary;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What a dialect writes its grammar takes, and its parser reads back: text in pieces of every
 * length, between thoughts and calls.
 */
final class ReplyParserTest {
  private static final Thinking THINKING = new Thinking("<think>", "</think>", false);
  private static final String ARGUMENTS = "{\"a\":{\"b\":[\"}]\\\"\",1]},\"c\":\"</tool_call>\"}";

  private final Vocabulary bytes =
      new FakeTokenizer(IntStream.range(0, 128).mapToObj(c -> new byte[] {(byte) c}).toList())
          .vocabulary();
  private final GrammarCompiler compiler = new GrammarCompiler(bytes, GrammarLimits.DEFAULT);

  /** What was read, joined: thoughts, text, names and arguments. */
  private record Read(String thoughts, String text, List<String> calls) {}

  private static Read read(ToolDialect dialect, String answer, int pieces) {
    ReplyParser parser = new ReplyParser(dialect, Optional.of(THINKING));
    List<ReplyPart> parts = new ArrayList<>();
    for (int at = 0; at < answer.length(); at += pieces) {
      parts.addAll(parser.next(answer.substring(at, Math.min(answer.length(), at + pieces))));
    }
    parts.addAll(parser.finish());
    StringBuilder thoughts = new StringBuilder();
    StringBuilder text = new StringBuilder();
    List<String> calls = new ArrayList<>();
    for (ReplyPart part : parts) {
      switch (part) {
        case ReplyPart.Reasoning more -> thoughts.append(more.text());
        case ReplyPart.Text more -> text.append(more.text());
        case ReplyPart.CallStart start -> {
          assertEquals(calls.size(), start.index());
          calls.add(start.name());
        }
        case ReplyPart.Arguments more -> {
          assertEquals(calls.size() - 1, more.index());
          calls.set(more.index(), calls.get(more.index()) + more.json());
        }
      }
    }
    assertEquals(calls.size(), parser.calls());
    return new Read(thoughts.toString(), text.toString(), calls);
  }

  private static String call(ToolDialect dialect, String name) {
    return "{\"name\": \"%s\",\n\"%s\": %s}".formatted(name, dialect.argumentsKey(), ARGUMENTS);
  }

  /** An answer of {@code names} as the dialect writes it. */
  private static String write(ToolDialect dialect, List<String> names) {
    List<String> calls = names.stream().map(name -> call(dialect, name)).toList();
    if (dialect.isArray()) {
      return dialect.opening() + "[" + String.join(", ", calls) + "]" + dialect.closing();
    }
    List<String> blocks =
        calls.stream().map(c -> dialect.opening() + c + dialect.closing()).toList();
    return String.join("\n", blocks);
  }

  private static Json.Obj object(String json) {
    try {
      return (Json.Obj) JsonReader.read(json.getBytes(UTF_8), JsonLimits.DEFAULT);
    } catch (JsonException e) {
      throw new AssertionError(e);
    }
  }

  private boolean takes(ToolDialect dialect, Otherwise otherwise, String answer) {
    Tool f = new Tool("f", "", object("{}"), false);
    Tool g = new Tool("g", "", object("{\"properties\":{\"a\":{}},\"required\":[\"c\"]}"), false);
    boolean parallel = dialect.isParallel();
    Grammar grammar =
        compiler.reply(
            dialect.frame(otherwise, parallel, Optional.of(THINKING)),
            CallSchema.of(ToolUse.auto(f, g), dialect, parallel),
            JsonStyle.DEFAULT.with(JsonStyle.KeyOrder.DECLARED),
            Optional.empty());
    TokenMatcher matcher = grammar.matcher();
    for (byte b : answer.getBytes(UTF_8)) {
      matcher.accept(token(b));
    }
    return matcher.isComplete();
  }

  private int token(byte value) {
    for (int id = 0; id < bytes.size(); id++) {
      byte[] own = bytes.bytes(id);
      if (bytes.kind(id) == Vocabulary.Kind.NORMAL && own.length == 1 && own[0] == value) {
        return id;
      }
    }
    throw new AssertionError("no token for " + value);
  }

  @ParameterizedTest
  @EnumSource
  void whatADialectWritesIsTakenAndReadBack(ToolDialect dialect) {
    List<String> names = dialect.isParallel() ? List.of("f", "g", "f") : List.of("g");
    String calls = write(dialect, names);
    List<String> expected = names.stream().map(name -> name + ARGUMENTS).toList();
    for (String thoughts : List.of("", "<think>a <tool_call> b</thin</think>\n\n")) {
      String answer = thoughts + calls;
      assertTrue(takes(dialect, Otherwise.NOTHING, answer), answer);
      assertTrue(takes(dialect, Otherwise.TEXT, answer), answer);
      for (int pieces = 1; pieces <= answer.length(); pieces += pieces < 9 ? 1 : 17) {
        Read read = read(dialect, answer, pieces);
        String thought = thoughts.isEmpty() ? "" : "a <tool_call> b</thin";
        assertEquals(new Read(thought, "", expected), read, "pieces of " + pieces);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aTextIsNoCall(ToolDialect dialect) {
    for (String text :
        List.of("", "x", "\n x", "<th", "<tool", "a < b [TOOL", "<<<|tool_call", " ")) {
      assertTrue(takes(dialect, Otherwise.TEXT, text), text);
      for (int pieces = 1; pieces <= 3; pieces++) {
        assertEquals(new Read("", text, List.of()), read(dialect, text, pieces), dialect + text);
      }
    }
    if (!dialect.opening().isEmpty()) {
      String answer = "First this: " + write(dialect, List.of("f"));
      assertTrue(takes(dialect, Otherwise.TEXT, answer));
      Read read = read(dialect, answer, 1);
      assertEquals(new Read("", "First this: ", List.of("f" + ARGUMENTS)), read);
    }
  }

  @ParameterizedTest
  @EnumSource
  void anAnswerThatIsCutGivesWhatThereIs(ToolDialect dialect) {
    String answer = write(dialect, List.of("f"));
    for (int length = 0; length < answer.length(); length++) {
      Read read = read(dialect, answer.substring(0, length), 2);
      String call = String.join("", read.calls());
      assertTrue(("f" + ARGUMENTS).startsWith(call), call);
    }
  }
}
