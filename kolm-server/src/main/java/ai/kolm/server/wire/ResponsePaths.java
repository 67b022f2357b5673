package ai.kolm.server.wire;

import ai.kolm.json.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Tools and format of a response, as a chat completion would say them, and the way back for what is
 * refused: {@code tools[0].function.name} there is {@code tools[2].name} here, as tools that only
 * the cloud has are left out.
 */
public final class ResponsePaths {
  private static final int MAX_TOOLS = 128;
  private static final Json TEXT = object(Map.of("type", new Json.Str("text")));

  private final Map<String, Json> chat = new LinkedHashMap<>();
  private final List<Json> tools = new ArrayList<>();
  private final List<Integer> places = new ArrayList<>();
  private final List<String> skipped = new ArrayList<>();
  private Json format = TEXT;

  private ResponsePaths() {}

  static ResponsePaths of(Fields request) throws InvalidFieldException {
    ResponsePaths paths = new ResponsePaths();
    paths.readTools(request);
    paths.readFormat(request.findObject("text"));
    return paths;
  }

  private static Json object(Map<String, Json> members) {
    return new Json.Obj(members);
  }

  private void readTools(Fields request) throws InvalidFieldException {
    // Agents send an empty list where they have no tools.
    List<Json> items =
        new Json.Arr(List.of()).equals(request.find("tools"))
            ? null
            : request.findArray("tools", MAX_TOOLS);
    List<Json> functions = new ArrayList<>();
    for (Fields tool : items == null ? List.<Fields>of() : Fields.objects(items, "tools")) {
      String type = tool.string("type");
      int place = places.size() + skipped.size();
      if (type.equals("function")) {
        places.add(place);
        tools.add(tool(tool));
        functions.add(
            object(
                Map.of(
                    "type", new Json.Str("function"), "function", new Json.Obj(tool.members()))));
      } else {
        skipped.add("tools[%d].%s".formatted(place, type));
      }
    }
    Json choice = request.find("tool_choice");
    if (!functions.isEmpty()) {
      chat.put("tools", new Json.Arr(functions));
    }
    if (choice != null && !isAuto(choice, functions)) {
      chat.put("tool_choice", choice(choice));
    }
    if (request.find("parallel_tool_calls") != null) {
      chat.put("parallel_tool_calls", request.get("parallel_tool_calls"));
    }
  }

  /** Agents say "auto" without tools too. */
  private static boolean isAuto(Json choice, List<Json> functions) {
    return functions.isEmpty() && choice.equals(new Json.Str("auto"));
  }

  /** The tool as a response repeats it: members that the description wants are there. */
  private static Json tool(Fields tool) {
    Map<String, Json> members = new LinkedHashMap<>(tool.members());
    members.putIfAbsent("description", new Json.Null());
    members.putIfAbsent("parameters", new Json.Null());
    if (!tool.has("strict")) {
      members.put("strict", new Json.Bool(false));
    }
    return object(members);
  }

  private static Json choice(Json choice) {
    if (!(choice instanceof Json.Obj object)) {
      return choice;
    }
    Map<String, Json> members = object.members();
    if (new Json.Str("function").equals(members.get("type"))) {
      return object(
          Map.of("type", new Json.Str("function"), "function", object(without(members, "type"))));
    }
    if (!new Json.Str("allowed_tools").equals(members.get("type"))) {
      return choice;
    }
    Map<String, Json> allowed = without(members, "type");
    if (allowed.get("tools") instanceof Json.Arr named) {
      allowed.put(
          "tools", new Json.Arr(named.items().stream().map(ResponsePaths::choice).toList()));
    }
    return object(Map.of("type", new Json.Str("allowed_tools"), "allowed_tools", object(allowed)));
  }

  private static Map<String, Json> without(Map<String, Json> members, String name) {
    Map<String, Json> others = new LinkedHashMap<>(members);
    others.remove(name);
    return others;
  }

  private void readFormat(@Nullable Fields text) throws InvalidFieldException {
    if (text == null) {
      return;
    }
    text.findWord("verbosity", List.of("low", "medium", "high"));
    Fields given = text.findObject("format");
    if (given == null) {
      return;
    }
    format = object(given.members());
    boolean schema = new Json.Str("json_schema").equals(given.find("type"));
    chat.put(
        "response_format",
        schema
            ? object(
                Map.of(
                    "type",
                    new Json.Str("json_schema"),
                    "json_schema",
                    object(without(given.members(), "type"))))
            : format);
  }

  /** The fields of a chat completion that say the same. */
  Fields asChat() {
    return Fields.root(new Json.Obj(chat));
  }

  /** The tools that the model may call, as a response repeats them. */
  List<Json> tools() {
    return tools;
  }

  /** The format, as a response repeats it. */
  Json format() {
    return format;
  }

  /** The tools that were left out. */
  List<String> skipped() {
    return skipped;
  }

  /** What the field at {@code path} of the chat completion is called here. */
  public String ofResponse(String path) {
    if (path.startsWith("response_format")) {
      return "text.format" + path.substring("response_format".length()).replace(".json_schema", "");
    }
    if (path.startsWith("tool_choice")) {
      return path.replace(".allowed_tools", "").replace(".function", "");
    }
    if (!path.startsWith("tools[")) {
      return path;
    }
    int end = path.indexOf(']');
    int place = places.get(Integer.parseInt(path.substring("tools[".length(), end)));
    return "tools[%d]%s".formatted(place, path.substring(end + 1).replace(".function", ""));
  }
}
