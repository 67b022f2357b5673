package ai.kolm.chat.tool;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.fake.FakeTokenizer;
import ai.kolm.grammar.CallForm;
import ai.kolm.grammar.CallForm.Notation;
import ai.kolm.grammar.Grammar;
import ai.kolm.grammar.GrammarLimits;
import ai.kolm.grammar.JsonStyle;
import ai.kolm.grammar.ReplyFrame;
import ai.kolm.grammar.ReplyFrame.Otherwise;
import ai.kolm.grammar.ReplyFrame.Thinking;
import ai.kolm.grammar.TokenMask;
import ai.kolm.grammar.TokenMatcher;
import ai.kolm.grammar.compiler.GrammarCompiler;
import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonReader;
import ai.kolm.prompt.ToolCall;
import ai.kolm.tokenizer.Vocabulary;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What a dialect writes its grammar takes, and its parser reads back: text in pieces of every
 * length, between thoughts and calls.
 */
final class ReplyParserTest {
  private static final Thinking THINKING = new Thinking("<think>", "</think>", false);
  private static final String ARGUMENTS = "{\"a\":{\"b\":[\"}]\\\"\",1]},\"c\":\"</tool_call>\"}";

  private static final String REWRITTEN = "{\"a\":{\"b\": [\"}]\\\"\", 1]},\"c\":\"</tool_call>\"}";

  private final Vocabulary bytes =
      new FakeTokenizer(IntStream.range(0, 256).mapToObj(c -> new byte[] {(byte) c}).toList())
          .vocabulary();
  private final GrammarCompiler compiler = new GrammarCompiler(bytes, GrammarLimits.DEFAULT);

  /** What was read, joined: thoughts, text, names and arguments. */
  private record Read(String thoughts, String text, List<String> calls) {}

  private static Read read(ToolDialect dialect, String answer, int pieces) {
    return read(new ReplyParser(dialect, Optional.of(THINKING)), answer, pieces);
  }

  private static Read read(ReplyParser parser, String answer, int pieces) {
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
          calls.set(more.index(), calls.get(more.index()) + more.text());
        }
      }
    }
    assertEquals(calls.size(), parser.calls());
    return new Read(thoughts.toString(), text.toString(), calls);
  }

  private static String call(ToolDialect dialect, String name) {
    return "{\"name\": \"%s\",\n\"%s\": %s}".formatted(name, dialect.argumentsKey(), ARGUMENTS);
  }

  /** An answer of {@code names} as the dialect writes it, in the spelling of its models. */
  private static String write(ToolDialect dialect, List<String> names) {
    if (!dialect.isJson()) {
      return CallText.of(
          dialect, names.stream().map(name -> new ToolCall("", name, ARGUMENTS)).toList());
    }
    List<String> calls = names.stream().map(name -> call(dialect, name)).toList();
    if (dialect.isArray()) {
      return dialect.opening() + "[" + String.join(", ", calls) + "]" + dialect.closing();
    }
    List<String> blocks =
        calls.stream().map(c -> dialect.opening() + c + dialect.closing()).toList();
    return String.join("\n", blocks);
  }

  /** What is read of a call of {@code name}: of Python's notation the JSON it is rewritten to. */
  private static String expected(ToolDialect dialect, String name) {
    boolean python = !dialect.isJson() && dialect.form().notation() == Notation.PYTHON;
    return name + (python ? REWRITTEN : ARGUMENTS);
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
    return takes(grammar(dialect, otherwise, ToolUse.auto(f, g)), answer);
  }

  private Grammar grammar(ToolDialect dialect, Otherwise otherwise, ToolUse use) {
    boolean parallel = use.parallel() && dialect.isParallel();
    boolean asForm = !dialect.isJson() || use.tools().stream().anyMatch(t -> t.lark().isPresent());
    ReplyFrame frame = dialect.frame(otherwise, parallel, Optional.of(THINKING), asForm);
    JsonStyle style = JsonStyle.DEFAULT.with(JsonStyle.KeyOrder.DECLARED);
    if (!asForm) {
      Json schema = CallSchema.of(use, dialect, parallel);
      return compiler.reply(frame, schema, style, Optional.empty());
    }
    List<CallForm.Callee> callees =
        use.tools().stream().map(t -> new CallForm.Callee(t.name(), t.lark())).toList();
    return compiler.calls(
        frame,
        dialect.form(),
        parallel,
        callees,
        CallSchema.ofOne(use, dialect),
        dialect.argumentsKey(),
        style,
        Optional.empty());
  }

  private boolean takes(Grammar grammar, String answer) {
    TokenMatcher matcher = grammar.matcher();
    for (byte b : answer.getBytes(UTF_8)) {
      try {
        matcher.accept(token(b));
      } catch (IllegalArgumentException e) {
        return false;
      }
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
    List<String> expected = names.stream().map(name -> expected(dialect, name)).toList();
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
      assertEquals(new Read("", "First this: ", List.of(expected(dialect, "f"))), read);
    }
  }

  @ParameterizedTest
  @EnumSource
  void anAnswerThatIsCutGivesWhatThereIs(ToolDialect dialect) {
    String answer = write(dialect, List.of("f"));
    for (int length = 0; length < answer.length(); length++) {
      Read read = read(dialect, answer.substring(0, length), 2);
      String call = String.join("", read.calls());
      assertTrue(expected(dialect, "f").startsWith(call), call);
    }
  }

  /** Answers as models write them, and what is wrong about others, dialect by dialect. */
  @ParameterizedTest
  @MethodSource
  void theSpellingOfModels(ToolDialect dialect, String right, String json, List<String> wrong) {
    assertTrue(takes(dialect, Otherwise.NOTHING, right), right);
    for (int pieces = 1; pieces <= right.length(); pieces++) {
      assertEquals(new Read("", "", List.of("g" + json)), read(dialect, right, pieces));
    }
    for (String answer : wrong) {
      assertFalse(takes(dialect, Otherwise.NOTHING, answer), answer);
    }
  }

  static Stream<Arguments> theSpellingOfModels() {
    String v3 = "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>";
    String v31 = "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>";
    String end = "<｜tool▁call▁end｜><｜tool▁calls▁end｜>";
    String arguments = "{\"c\": \"é\"}";
    return Stream.of(
        Arguments.of(
            ToolDialect.DEEPSEEK_V3,
            v3 + "g\n```json\n" + arguments + "\n```" + end,
            arguments,
            List.of(
                v3 + "h\n```json\n{}\n```" + end,
                v3 + "g\n```json\n{}\n```" + end,
                v3 + "g\n```json\n" + arguments + "\n```<｜tool▁call▁end｜>",
                v3 + "g" + arguments)),
        Arguments.of(
            ToolDialect.DEEPSEEK_V31,
            v31 + "g<｜tool▁sep｜>" + arguments + end,
            arguments,
            List.of(v31 + "g<｜tool▁sep｜>{}" + end, v31 + "g<｜tool▁sep｜>" + arguments + end + v31)),
        Arguments.of(
            ToolDialect.MISTRAL_13,
            "[TOOL_CALLS]g[ARGS]" + arguments,
            arguments,
            List.of(
                "[TOOL_CALLS]g[ARGS]{}",
                "[TOOL_CALLS]g" + arguments,
                "[TOOL_CALLS]g[ARGS]" + arguments + "[TOOL_CALLS]",
                "[TOOL_CALLS]g[ARGS]" + arguments + "x")),
        Arguments.of(
            ToolDialect.MISTRAL_11,
            "[TOOL_CALLS]g[CALL_ID]aB3456789[ARGS]" + arguments,
            arguments,
            List.of(
                "[TOOL_CALLS]g[ARGS]" + arguments,
                "[TOOL_CALLS]g[CALL_ID]aB345678[ARGS]" + arguments,
                "[TOOL_CALLS]g[CALL_ID]aB345678-[ARGS]" + arguments)),
        Arguments.of(
            ToolDialect.PYTHONIC,
            "[g(a=[True, False, None, -1.5e3, {'k': {}}], c='it\\'s \"é\" \\n')]",
            "{\"a\":[true, false, null, -1.5e3, {\"k\": {}}],"
                + "\"c\":\"it\\u0027s \\\"é\\\" \\n\"}",
            List.of(
                "[g()]",
                "[g(c=1)",
                "[g(c=true)]",
                "[g(c=(1))]",
                "[g(c=1))]",
                "[g(c=[1)]",
                "[g(c=1,)]",
                "[g(c=None1)]",
                "[g(c=1) g(c=1)]",
                "[g('c'=1)]",
                "g(c=1)")),
        Arguments.of(
            ToolDialect.LFM2,
            "<|tool_call_start|>[g(c=\"it's\", \\u0029d\\u003d=1)]<|tool_call_end|>",
            "{\"c\":\"it's\",\"\\u0029d\\u003d\":1}",
            List.of("<|tool_call_start|>[g(c=1)]", "[g(c=1)]<|tool_call_end|>")));
  }

  /** Every bit of every mask, along walks that the masks themselves choose. */
  @ParameterizedTest
  @EnumSource
  void theMaskIsWhatIsAccepted(ToolDialect dialect) {
    Tool lark = Tool.custom("x", "", new ToolInput.Lark("start: \"a\\n\"+ | \"\\\"\" /[é0]/"));
    Tool f = new Tool("f", "", object("{\"properties\":{\"a=\":{\"type\":\"string\"}}}"), false);
    Grammar grammar = grammar(dialect, Otherwise.TEXT, ToolUse.auto(f, lark));
    TokenMask mask = new TokenMask(bytes.size());
    Random random = new Random(7);
    String lead = dialect.opening().isEmpty() ? dialect.isJson() ? "{" : "[" : dialect.opening();
    int ended = 0;
    for (int walk = 0; walk < 6; walk++) {
      TokenMatcher matcher = grammar.matcher();
      StringBuilder answer = new StringBuilder(lead);
      for (byte b : lead.getBytes(UTF_8)) {
        matcher.accept(token(b));
      }
      for (int step = 0; step < 150 && !matcher.isComplete(); step++) {
        matcher.fill(mask);
        List<Integer> allowed = new ArrayList<>();
        for (int id = mask.next(0); id >= 0; id = mask.next(id + 1)) {
          if (bytes.bytes(id).length == 1) {
            allowed.add(id);
          }
        }
        Collections.shuffle(allowed, random);
        IntStream some = random.ints(12, 0, bytes.size()); // each refusal is an exception: not all
        IntStream.concat(some, allowed.stream().limit(20).mapToInt(id -> id))
            .forEach(id -> assertEquals(accepts(matcher, id), mask.allows(id), answer + " " + id));
        assertFalse(allowed.isEmpty(), "a dead end: " + answer);
        int token = allowed.getFirst();
        matcher.accept(token);
        answer.append((char) bytes.bytes(token)[0]);
      }
      ended += matcher.isComplete() ? 1 : 0;
    }
    assertTrue(ended > 0, ended + " walks ended");
  }

  private static boolean accepts(TokenMatcher matcher, int id) {
    try {
      matcher.fork().accept(id);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** A custom tool is called with a text; it is read back as that text. */
  @ParameterizedTest
  @EnumSource
  void aCustomToolTakesAText(ToolDialect dialect) {
    String text = "a\n\"b\" \\ é\u0001";
    Tool any = Tool.custom("any", "", new ToolInput.AnyText());
    Tool digits = Tool.custom("digits", "", new ToolInput.Regex("[0-9]+"));
    Tool lark = Tool.custom("lark", "", new ToolInput.Lark("start: /[^x]*/"));
    ToolUse use = ToolUse.auto(any, digits, lark);
    Grammar grammar = grammar(dialect, Otherwise.NOTHING, use);
    for (Tool tool : use.tools()) {
      String input = tool.equals(digits) ? "42" : text;
      String answer = text(dialect, new ToolCall("", tool.name(), input, true));
      assertTrue(takes(grammar, answer), answer);
      String wrong = tool.equals(digits) ? "4 2" : "x";
      String other = text(dialect, new ToolCall("", tool.name(), wrong, true));
      assertEquals(tool.equals(any), takes(grammar, other), other);
      for (int pieces = 1; pieces <= answer.length(); pieces++) {
        ReplyParser parser = new ReplyParser(dialect, Optional.of(THINKING), use.custom());
        Read read = read(parser, answer, pieces);
        assertEquals(new Read("", "", List.of(tool.name() + input)), read);
      }
    }
  }

  /** The call as templates space it: that is how a form with a grammar in it has to be written. */
  private static String text(ToolDialect dialect, ToolCall call) {
    String written = CallText.of(dialect, List.of(call));
    return dialect.isJson()
        ? written
            .replace("\"name\":", "\"name\": ")
            .replace(
                ",\"" + dialect.argumentsKey() + "\":", ", \"" + dialect.argumentsKey() + "\": ")
            .replace("{\"input\":", "{\"input\": ")
            .replace(
                "</tool_call>", dialect == ToolDialect.HERMES ? "\n</tool_call>" : "</tool_call>")
        : written.replace("{\"input\":", "{\"input\": ");
  }
}
