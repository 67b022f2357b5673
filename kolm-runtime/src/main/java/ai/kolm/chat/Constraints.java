package ai.kolm.chat;

import ai.kolm.chat.tool.CallSchema;
import ai.kolm.chat.tool.Tool;
import ai.kolm.chat.tool.ToolDialect;
import ai.kolm.chat.tool.ToolInput;
import ai.kolm.chat.tool.ToolUse;
import ai.kolm.engine.GrammarRefusedException;
import ai.kolm.engine.InvalidRequestException;
import ai.kolm.grammar.CallForm.Callee;
import ai.kolm.grammar.Grammar;
import ai.kolm.grammar.GrammarException;
import ai.kolm.grammar.ReplyFrame;
import ai.kolm.grammar.ReplyFrame.Otherwise;
import ai.kolm.grammar.ReplyFrame.Thinking;
import ai.kolm.json.Json;
import ai.kolm.json.JsonText;
import ai.kolm.prompt.Message;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * From the format and the tools of a request to the grammar of its answers. Formats of JSON, and
 * calls, leave room for thoughts in front of them.
 *
 * <p>Safe for use by many threads.
 */
final class Constraints {
  private static final Json ANY_OBJECT = new Json.Obj(Map.of("type", new Json.Str("object")));

  private final GrammarCache grammars;
  private final ToolDialect dialect;

  /**
   * @param grammars of the model's vocabulary
   * @param dialect how the model writes calls
   */
  Constraints(GrammarCache grammars, ToolDialect dialect) {
    this.grammars = grammars;
    this.dialect = dialect;
  }

  /** The time that compiling grammars took so far. */
  Duration compileTime() {
    return grammars.compileTime();
  }

  /**
   * What the answers to {@code request} may be.
   *
   * @param thinking the thoughts they may begin with
   * @throws GrammarRefusedException if a schema or grammar cannot be enforced
   * @throws InvalidRequestException if the format and the tools cannot be had together
   */
  Grammar of(ChatRequest request, Optional<Thinking> thinking) {
    ResponseFormat format = request.responseFormat();
    if (request.tools().isActive()) {
      return calls(request.tools(), format, thinking);
    }
    try {
      return switch (format) {
        case ResponseFormat.Text _ -> Grammar.anything();
        case ResponseFormat.JsonObject _ -> json(ANY_OBJECT, thinking);
        case ResponseFormat.JsonSchema schema -> json(schema, thinking);
        case ResponseFormat.Regex regex ->
            grammars.get("regex " + regex.pattern(), c -> c.regex(regex.pattern()));
        case ResponseFormat.Choices choices ->
            grammars.get("choices " + texts(choices), c -> c.choices(choices.texts()));
        case ResponseFormat.Gbnf gbnf ->
            grammars.get("gbnf " + gbnf.grammar(), c -> c.gbnf(gbnf.grammar()));
        case ResponseFormat.Lark lark ->
            grammars.get("lark " + lark.grammar(), c -> c.lark(lark.grammar()));
      };
    } catch (GrammarException e) {
      throw new GrammarRefusedException("response_format", message(format, e), e);
    }
  }

  private static String texts(ResponseFormat.Choices choices) {
    return JsonText.of(new Json.Arr(choices.texts().stream().<Json>map(Json.Str::new).toList()));
  }

  private static String message(ResponseFormat format, GrammarException e) {
    String of =
        format instanceof ResponseFormat.JsonSchema schema ? " '" + schema.name() + "'" : "";
    return "Invalid schema for response_format%s: %s%s".formatted(of, e.detail(), where(e.path()));
  }

  private static String where(String path) {
    return path.isEmpty() ? "." : " (at %s).".formatted(path);
  }

  private Grammar json(ResponseFormat.JsonSchema format, Optional<Thinking> thinking) {
    if (format.strict()) {
      StrictSchema.check(format.schema());
    }
    if (thinking.isEmpty()) {
      String source = "schema %s %s".formatted(format.style(), JsonText.of(format.schema()));
      return grammars.get(source, c -> c.jsonSchema(format.schema(), format.style()));
    }
    return reply(ReplyFrame.BARE.withThinking(thinking.get()), format.schema(), Optional.empty());
  }

  private Grammar json(Json schema, Optional<Thinking> thinking) {
    return json(
        new ResponseFormat.JsonSchema("", schema, false, ResponseFormat.JsonSchema.STYLE),
        thinking);
  }

  private Grammar reply(ReplyFrame frame, Json schema, Optional<Json> answer) {
    String source =
        "reply %s %s %s".formatted(frame, JsonText.of(schema), answer.map(JsonText::of).orElse(""));
    return grammars.get(
        source, c -> c.reply(frame, schema, ResponseFormat.JsonSchema.STYLE, answer));
  }

  private Grammar calls(ToolUse use, ResponseFormat format, Optional<Thinking> thinking) {
    boolean parallel = use.parallel() && dialect.isParallel();
    Otherwise otherwise =
        use.mode() == ToolUse.Mode.REQUIRED
            ? Otherwise.NOTHING
            : format instanceof ResponseFormat.Text ? Otherwise.TEXT : Otherwise.ANSWER;
    Optional<Json> answer = otherwise == Otherwise.ANSWER ? answer(format) : Optional.empty();
    checkTools(use.tools());
    // A grammar in a string of JSON is beyond schemas: there the calls are read as a form.
    boolean asForm = !dialect.isJson() || use.tools().stream().anyMatch(t -> t.lark().isPresent());
    ReplyFrame frame = dialect.frame(otherwise, parallel, thinking, asForm);
    try {
      return asForm
          ? form(frame, use, parallel, answer)
          : reply(frame, CallSchema.of(use, dialect, parallel), answer);
    } catch (GrammarException e) {
      throw refused(e, use, asForm);
    }
  }

  private Grammar form(ReplyFrame frame, ToolUse use, boolean parallel, Optional<Json> answer) {
    List<Callee> callees =
        use.tools().stream()
            .filter(use::allows)
            .map(tool -> new Callee(tool.name(), tool.lark()))
            .toList();
    Optional<Json> schema = CallSchema.ofOne(use, dialect);
    String source =
        "form %s %s %s %s %s"
            .formatted(
                frame,
                parallel,
                callees,
                schema.map(JsonText::of).orElse(""),
                answer.map(JsonText::of).orElse(""));
    return grammars.get(
        source,
        c ->
            c.calls(
                frame,
                dialect.form(),
                parallel,
                callees,
                schema,
                dialect.argumentsKey(),
                ResponseFormat.JsonSchema.STYLE,
                answer));
  }

  /** The schema of an answer that stands beside calls. */
  private Optional<Json> answer(ResponseFormat format) {
    Optional<Json> schema =
        switch (format) {
          case ResponseFormat.JsonObject _ -> Optional.of(ANY_OBJECT);
          case ResponseFormat.JsonSchema given -> Optional.of(given.schema());
          default -> Optional.empty();
        };
    if (schema.isEmpty() || dialect.opening().isEmpty()) {
      throw new InvalidRequestException(
          "response_format",
          "this response_format and tools that may or may not be called cannot be told apart in an"
              + " answer of this model; leave one out, or require a call");
    }
    if (format instanceof ResponseFormat.JsonSchema) {
      // Alone first, so that a refusal says which of the two schemas it means.
      of(ChatRequest.of(Message.user("")).withResponseFormat(format), Optional.empty());
    }
    return schema;
  }

  /** What is of one tool alone is checked alone, so that a refusal says which it means. */
  private void checkTools(List<Tool> tools) {
    for (int i = 0; i < tools.size(); i++) {
      Tool tool = tools.get(i);
      try {
        if (tool.strict()) {
          StrictSchema.check(tool.parameters());
        }
        switch (tool.input().orElse(new ToolInput.AnyText())) {
          case ToolInput.AnyText _ -> {}
          case ToolInput.Regex regex ->
              grammars.get("regex " + regex.pattern(), c -> c.regex(regex.pattern()));
          case ToolInput.Lark lark ->
              grammars.get("lark " + lark.grammar(), c -> c.lark(lark.grammar()));
        }
      } catch (GrammarException e) {
        throw refused(e, tools, i, e.path());
      }
    }
  }

  private GrammarRefusedException refused(GrammarException e, ToolUse use, boolean asForm) {
    CallSchema.Blame blame =
        asForm ? CallSchema.blameOne(e, use, dialect) : CallSchema.blame(e, use, dialect);
    return refused(e, use.tools(), blame.tool(), blame.path());
  }

  private static GrammarRefusedException refused(
      GrammarException e, List<Tool> tools, int tool, String path) {
    if (tool < 0) {
      return new GrammarRefusedException(
          "tools", "Invalid schemas of tools: %s%s".formatted(e.detail(), where(path)), e);
    }
    boolean custom = tools.get(tool).input().isPresent();
    return new GrammarRefusedException(
        (custom ? "tools[%d].custom.format" : "tools[%d].function.parameters").formatted(tool),
        "Invalid %s '%s': %s%s"
            .formatted(
                custom ? "format for custom tool" : "schema for function",
                tools.get(tool).name(),
                e.detail(),
                where(path)),
        e);
  }
}
