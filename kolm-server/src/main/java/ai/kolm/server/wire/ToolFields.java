package ai.kolm.server.wire;

import ai.kolm.chat.tool.Tool;
import ai.kolm.chat.tool.ToolInput;
import ai.kolm.chat.tool.ToolUse;
import ai.kolm.chat.tool.ToolUse.Mode;
import ai.kolm.json.Json;
import ai.kolm.server.wire.InvalidFieldException.Code;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The fields that say what the model may call: {@code tools}, {@code tool_choice} and {@code
 * parallel_tool_calls}, or their predecessors {@code functions} and {@code function_call}.
 */
final class ToolFields {
  private static final int MAX_TOOLS = 128;
  private static final List<String> KINDS = List.of("function", "custom");
  private static final List<String> CHOICES = List.of("none", "auto", "required");

  private ToolFields() {}

  static ToolUse read(Fields fields) throws InvalidFieldException {
    boolean parallel = fields.bool("parallel_tool_calls", true);
    List<Json> functions = fields.findArray("functions", MAX_TOOLS);
    List<Json> tools = fields.findArray("tools", MAX_TOOLS);
    if (functions != null) {
      if (tools != null) {
        throw contradiction("functions", "'functions' and 'tools' exclude each other.");
      }
      return functions(fields, functions);
    }
    if (fields.has("function_call") && !isWord(fields.find("function_call"), "none")) {
      throw contradiction(
          "function_call", "'function_call' is only allowed when 'functions' are specified.");
    }
    Json choice = fields.find("tool_choice");
    if (tools == null) {
      if (choice != null && !isWord(choice, "none")) {
        throw contradiction(
            "tool_choice", "'tool_choice' is only allowed when 'tools' are specified.");
      }
      return ToolUse.NONE;
    }
    List<Tool> all = new ArrayList<>();
    for (Fields tool : Fields.objects(tools, "tools")) {
      all.add(isCustom(tool) ? custom(tool.object("custom")) : tool(tool.object("function")));
    }
    checkNames(all, "tools[%d].%s.name");
    return choose(all, choice, parallel);
  }

  private static boolean isWord(@Nullable Json json, String word) {
    return new Json.Str(word).equals(json);
  }

  private static InvalidFieldException contradiction(String at, String message) {
    return new InvalidFieldException(at, Code.CONTRADICTION, message);
  }

  /** Whether it is about a custom tool; else it is about a function. */
  private static boolean isCustom(Fields fields) throws InvalidFieldException {
    String type = fields.string("type");
    if (!KINDS.contains(type)) {
      throw Fields.invalidWord(fields.at("type"), type, KINDS);
    }
    return type.equals("custom");
  }

  private static Tool custom(Fields custom) throws InvalidFieldException {
    String name = newName(custom);
    String description = custom.findString("description");
    Fields format = custom.findObject("format");
    return Tool.custom(
        name,
        description == null ? "" : description,
        format == null ? new ToolInput.AnyText() : input(format));
  }

  private static ToolInput input(Fields format) throws InvalidFieldException {
    String type = format.string("type");
    if (type.equals("text")) {
      return new ToolInput.AnyText();
    }
    if (!type.equals("grammar")) {
      throw Fields.invalidWord(format.at("type"), type, List.of("text", "grammar"));
    }
    Fields grammar = format.object("grammar");
    String syntax = grammar.string("syntax");
    String definition = grammar.string("definition");
    return switch (syntax) {
      case "lark" -> new ToolInput.Lark(definition);
      case "regex" -> new ToolInput.Regex(definition);
      default -> throw Fields.invalidWord(grammar.at("syntax"), syntax, List.of("lark", "regex"));
    };
  }

  private static String newName(Fields fields) throws InvalidFieldException {
    String name = fields.string("name");
    if (!Tool.isName(name)) {
      throw new InvalidFieldException(
          fields.at("name"),
          Code.INVALID_VALUE,
          "Invalid '%s': expected 1 to 64 letters, digits, '_' or '-'."
              .formatted(fields.at("name")));
    }
    return name;
  }

  private static Tool tool(Fields function) throws InvalidFieldException {
    String name = newName(function);
    String description = function.findString("description");
    Fields parameters = function.findObject("parameters");
    return new Tool(
        name,
        description == null ? "" : description,
        parameters == null ? Tool.NO_PARAMETERS : new Json.Obj(parameters.members()),
        function.bool("strict", false));
  }

  private static void checkNames(List<Tool> tools, String at) throws InvalidFieldException {
    Set<String> names = new HashSet<>();
    for (int i = 0; i < tools.size(); i++) {
      Tool tool = tools.get(i);
      if (!names.add(tool.name())) {
        String path = at.formatted(i, tool.input().isPresent() ? "custom" : "function");
        throw new InvalidFieldException(
            path,
            Code.INVALID_VALUE,
            "Invalid '%s': two tools are called '%s'.".formatted(path, tool.name()));
      }
    }
  }

  private static ToolUse choose(List<Tool> tools, @Nullable Json choice, boolean parallel)
      throws InvalidFieldException {
    return switch (choice) {
      case null -> new ToolUse(tools, Mode.AUTO, Set.of(), parallel);
      case Json.Str word -> {
        if (!CHOICES.contains(word.value())) {
          throw Fields.invalidWord("tool_choice", word.value(), CHOICES);
        }
        Mode mode = Mode.valueOf(word.value().toUpperCase(Locale.ROOT));
        yield new ToolUse(tools, mode, Set.of(), parallel);
      }
      case Json.Obj object -> choose(tools, Fields.of(object, "tool_choice"), parallel);
      case Json other -> throw Fields.wrongKind("tool_choice", "a string or an object", other);
    };
  }

  private static ToolUse choose(List<Tool> tools, Fields choice, boolean parallel)
      throws InvalidFieldException {
    String type = choice.string("type");
    if (!type.equals("allowed_tools")) {
      if (!KINDS.contains(type)) {
        throw Fields.invalidWord(
            choice.at("type"), type, List.of("function", "custom", "allowed_tools"));
      }
      return new ToolUse(tools, Mode.REQUIRED, Set.of(chosen(tools, choice)), false);
    }
    Fields allowed = choice.object("allowed_tools");
    String mode = allowed.string("mode");
    if (!List.of("auto", "required").contains(mode)) {
      throw Fields.invalidWord(allowed.at("mode"), mode, List.of("auto", "required"));
    }
    Set<String> names = new LinkedHashSet<>();
    List<Json> items = allowed.findArray("tools", MAX_TOOLS);
    if (items == null) {
      allowed.get("tools");
      items = List.of();
    }
    for (Fields tool : Fields.objects(items, allowed.at("tools"))) {
      names.add(chosen(tools, tool));
    }
    return new ToolUse(tools, Mode.valueOf(mode.toUpperCase(Locale.ROOT)), names, parallel);
  }

  /** The name of a tool that {@code choice} is about; it must be one of its kind. */
  private static String chosen(List<Tool> tools, Fields choice) throws InvalidFieldException {
    boolean custom = isCustom(choice);
    List<Tool> kind = tools.stream().filter(t -> t.input().isPresent() == custom).toList();
    return name(kind, choice.object(custom ? "custom" : "function"));
  }

  /** The name that {@code function} says; it must be one of a tool. */
  private static String name(List<Tool> tools, Fields function) throws InvalidFieldException {
    String name = function.string("name");
    if (tools.stream().noneMatch(tool -> tool.name().equals(name))) {
      throw new InvalidFieldException(
          function.at("name"),
          Code.INVALID_VALUE,
          "Invalid '%s': no tool is called '%s'."
              .formatted(function.at("name"), Fields.shortened(name)));
    }
    return name;
  }

  private static ToolUse functions(Fields fields, List<Json> items) throws InvalidFieldException {
    List<Tool> functions = new ArrayList<>();
    for (Fields function : Fields.objects(items, "functions")) {
      functions.add(tool(function));
    }
    checkNames(functions, "functions[%d].name");
    ToolUse auto = new ToolUse(functions, Mode.AUTO, Set.of(), false);
    return switch (fields.find("function_call")) {
      case null -> auto;
      case Json.Str word when word.value().equals("auto") -> auto;
      case Json.Str word when word.value().equals("none") ->
          new ToolUse(functions, Mode.NONE, Set.of(), false);
      case Json.Str word ->
          throw Fields.invalidWord("function_call", word.value(), List.of("none", "auto"));
      case Json.Obj object -> auto.named(name(functions, Fields.of(object, "function_call")));
      case Json other -> throw Fields.wrongKind("function_call", "a string or an object", other);
    };
  }
}
