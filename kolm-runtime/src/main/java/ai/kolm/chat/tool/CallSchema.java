package ai.kolm.chat.tool;

import ai.kolm.grammar.GrammarException;
import ai.kolm.json.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The schema of what an answer calls: for each tool an object of its name and arguments. The
 * schemas of the tools become resources of their own, with an identifier each, so that their
 * references lead where they led before.
 */
public final class CallSchema {
  private static final String ID = "urn:kolm:tool:";

  private CallSchema() {}

  /**
   * The schema of one call, or of an array of calls.
   *
   * @param parallel whether there may be several
   */
  public static Json of(ToolUse use, ToolDialect dialect, boolean parallel) {
    return of(use, dialect, dialect.isArray(), parallel);
  }

  /** The schema of one call of a tool that has arguments of a schema; empty if none has. */
  public static Optional<Json> ofOne(ToolUse use, ToolDialect dialect) {
    return shown(use).isEmpty() ? Optional.empty() : Optional.of(of(use, dialect, false, false));
  }

  /** The tools that may be called with arguments of a schema, by their places. */
  private static List<Integer> shown(ToolUse use) {
    List<Integer> shown = new ArrayList<>();
    for (int i = 0; i < use.tools().size(); i++) {
      Tool tool = use.tools().get(i);
      if (use.allows(tool) && tool.lark().isEmpty()) {
        shown.add(i);
      }
    }
    return shown;
  }

  private static Json of(ToolUse use, ToolDialect dialect, boolean array, boolean parallel) {
    List<Json> calls = new ArrayList<>();
    for (int i : shown(use)) {
      calls.add(call(use.tools().get(i), i, dialect));
    }
    Map<String, Json> schema = new LinkedHashMap<>();
    String draft = draft(use);
    if (draft != null) {
      schema.put("$schema", new Json.Str(draft));
    }
    if (!array) {
      schema.put("anyOf", new Json.Arr(calls));
      return new Json.Obj(schema);
    }
    schema.put("type", new Json.Str("array"));
    schema.put("items", object("anyOf", new Json.Arr(calls)));
    schema.put("minItems", new Json.Int(1));
    schema.put("maxItems", new Json.Int(parallel ? 128 : 1));
    return new Json.Obj(schema);
  }

  /** The draft that the schemas of all tools that name one agree on. */
  private static @Nullable String draft(ToolUse use) {
    Set<Json> drafts =
        use.tools().stream()
            .filter(use::allows)
            .map(tool -> tool.parameters().members().get("$schema"))
            .filter(Json.Str.class::isInstance)
            .collect(Collectors.toSet());
    return drafts.size() == 1 ? ((Json.Str) drafts.iterator().next()).value() : null;
  }

  private static Json call(Tool tool, int index, ToolDialect dialect) {
    String argumentsKey = dialect.argumentsKey();
    Map<String, Json> properties = new LinkedHashMap<>();
    properties.put("name", object("const", new Json.Str(tool.name())));
    properties.put(argumentsKey, arguments(tool.parameters(), index));
    if (dialect == ToolDialect.MISTRAL) { // as its templates write it; not read
      properties.put("id", object("pattern", new Json.Str("^[a-zA-Z0-9]{9}$"), "string"));
    }
    Map<String, Json> call = new LinkedHashMap<>();
    call.put("type", new Json.Str("object"));
    call.put("properties", new Json.Obj(properties));
    call.put("required", new Json.Arr(List.of(new Json.Str("name"), new Json.Str(argumentsKey))));
    call.put("additionalProperties", new Json.Bool(false));
    return new Json.Obj(call);
  }

  /** The schema of arguments: an object, whatever else it says; with an identifier. */
  private static Json arguments(Json.Obj parameters, int index) {
    Map<String, Json> members = new LinkedHashMap<>();
    boolean draft4 =
        parameters.members().get("$schema") instanceof Json.Str draft
            && draft.value().contains("draft-04");
    if (!parameters.members().containsKey(draft4 ? "id" : "$id")) {
      members.put(draft4 ? "id" : "$id", new Json.Str(ID + index));
    }
    members.put("type", new Json.Str("object"));
    members.putAll(parameters.members());
    members.remove("$schema");
    Json reference = members.remove("$ref");
    if (reference != null) { // older drafts see nothing beside a reference
      members.put("allOf", new Json.Arr(List.of(object("$ref", reference))));
    }
    return new Json.Obj(members);
  }

  private static Json.Obj object(String key, Json value, String type) {
    return new Json.Obj(Map.of("type", new Json.Str(type), key, value));
  }

  private static Json.Obj object(String key, Json value) {
    return new Json.Obj(Map.of(key, value));
  }

  /** Which tool a refusal is about, and where in its schema; tool -1: all together. */
  public record Blame(int tool, String path) {}

  /** What a refusal of the schema made by {@link #of} is about. */
  public static Blame blame(GrammarException refusal, ToolUse use, ToolDialect dialect) {
    return blame(refusal, use, dialect, dialect.isArray());
  }

  /** What a refusal of the schema made by {@link #ofOne} is about. */
  public static Blame blameOne(GrammarException refusal, ToolUse use, ToolDialect dialect) {
    return blame(refusal, use, dialect, false);
  }

  private static Blame blame(
      GrammarException refusal, ToolUse use, ToolDialect dialect, boolean array) {
    String prefix = array ? "/items/anyOf/" : "/anyOf/";
    String infix = "/properties/" + dialect.argumentsKey();
    String path = refusal.path();
    List<Integer> shown = shown(use);
    for (int at = 0; at < shown.size(); at++) {
      String start = prefix + at + infix;
      if (path.equals(start) || path.startsWith(start + "/")) {
        return new Blame(shown.get(at), path.substring(start.length()));
      }
    }
    return new Blame(shown.size() == 1 ? shown.getFirst() : -1, path);
  }
}
