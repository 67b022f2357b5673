package ai.kolm.chat.tool;

import ai.kolm.grammar.CallForm;
import ai.kolm.grammar.CallForm.Notation;
import ai.kolm.grammar.CallForm.Piece;
import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonReader;
import ai.kolm.json.JsonText;
import ai.kolm.prompt.ToolCall;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Writes calls in a dialect: for prompts of templates that do not do it themselves. What is written
 * here the grammar of the dialect takes and its reader reads back.
 */
final class CallText {
  private CallText() {}

  /**
   * The calls of an answer, marks included.
   *
   * @param calls at least one; arguments that are no JSON are written as what they are
   */
  static String of(ToolDialect dialect, List<ToolCall> calls) {
    if (dialect.isJson()) {
      return json(dialect, calls);
    }
    CallForm form = dialect.form();
    String between = pieces(form.tail(), "") + pieces(form.between(), "");
    return dialect.opening()
        + pieces(form.first(), "")
        + calls.stream().map(call -> call(form, call)).collect(Collectors.joining(between))
        + pieces(form.tail(), "")
        + pieces(form.last(), "");
  }

  private static String json(ToolDialect dialect, List<ToolCall> calls) {
    List<Json> objects = new ArrayList<>();
    for (ToolCall call : calls) {
      Map<String, Json> members = new LinkedHashMap<>();
      members.put("name", new Json.Str(call.name()));
      members.put(dialect.argumentsKey(), arguments(call));
      objects.add(new Json.Obj(members));
    }
    if (dialect.isArray()) {
      return dialect.opening() + JsonText.of(new Json.Arr(objects)) + dialect.closing();
    }
    return objects.stream()
        .map(object -> dialect.opening() + JsonText.of(object) + dialect.closing())
        .collect(Collectors.joining("\n"));
  }

  /** The arguments; if they are not JSON, whoever wrote them, as the text they are. */
  private static Json arguments(ToolCall call) {
    try {
      byte[] bytes = call.jsonArguments().getBytes(StandardCharsets.UTF_8);
      return JsonReader.read(bytes, JsonLimits.DEFAULT);
    } catch (JsonException e) {
      return new Json.Str(call.arguments());
    }
  }

  private static String call(CallForm form, ToolCall call) {
    String arguments =
        form.notation() == Notation.PYTHON ? keywords(arguments(call)) : call.jsonArguments();
    return pieces(form.before(), call.id())
        + call.name()
        + pieces(form.after(), call.id())
        + arguments;
  }

  /** The pieces as text; an identifier is the call's own if it has the length. */
  private static String pieces(List<Piece> pieces, String id) {
    StringBuilder text = new StringBuilder();
    for (Piece piece : pieces) {
      switch (piece) {
        case CallForm.Text mark -> text.append(mark.text());
        case CallForm.Id any -> {
          boolean fits = id.length() == any.characters();
          text.append(fits ? id : "0".repeat(any.characters()));
        }
      }
    }
    return text.toString();
  }

  private static String keywords(Json arguments) {
    Map<String, Json> members =
        arguments instanceof Json.Obj object ? object.members() : Map.of(CallForm.INPUT, arguments);
    return members.entrySet().stream()
            .map(member -> keyword(member.getKey()) + "=" + python(member.getValue()))
            .collect(Collectors.joining(", "))
        + ")";
  }

  /** A key, with escapes for what would end it or cannot begin it. */
  private static String keyword(String key) {
    String quoted = JsonText.of(new Json.Str(key));
    String text = quoted.substring(1, quoted.length() - 1).replace("=", "\\u003d");
    return switch (text.isEmpty() ? 'x' : text.charAt(0)) {
      case ' ' -> "\\u0020" + text.substring(1);
      case ')' -> "\\u0029" + text.substring(1);
      default -> text;
    };
  }

  private static String python(Json value) {
    return switch (value) {
      case Json.Null _ -> "None";
      case Json.Bool bool -> bool.value() ? "True" : "False";
      case Json.Arr array ->
          array.items().stream().map(CallText::python).collect(Collectors.joining(", ", "[", "]"));
      case Json.Obj object ->
          object.members().entrySet().stream()
              .map(m -> JsonText.of(new Json.Str(m.getKey())) + ": " + python(m.getValue()))
              .collect(Collectors.joining(", ", "{", "}"));
      default -> JsonText.of(value);
    };
  }
}
