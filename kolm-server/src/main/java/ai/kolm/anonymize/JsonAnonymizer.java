package ai.kolm.anonymize;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonReader;
import ai.kolm.json.JsonText;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Replaces in every string of a JSON value, also in JSON within strings, such as the arguments of
 * tools. The name of a member counts as a word in front of its value: {@code {"mrn": 8847}}. What
 * only names parts of the interface (roles, types, models, ids of calls) stays, as records could
 * not be read without it; embedded media are left out. For one thread.
 */
public final class JsonAnonymizer {
  private static final Set<String> STRUCTURE =
      Set.of(
          "role",
          "type",
          "object",
          "model",
          "finish_reason",
          "stop_reason",
          "system_fingerprint",
          "service_tier",
          "status",
          "tool_choice",
          "encoding_format",
          "effort",
          "detail",
          "strict");
  private static final Set<String> IDENTIFIERS =
      Set.of("id", "tool_call_id", "tool_use_id", "call_id", "item_id", "previous_response_id");
  private static final String IDENTIFIER =
      "(call|toolu|tool|chatcmpl|cmpl|msg|resp|fc|rs|run|gen|req|asst)[-_][A-Za-z0-9_-]{1,80}";
  private static final String TOOL_NAME = "[a-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*";
  private static final Set<String> MEDIA =
      Set.of("data", "url", "file_data", "image_url", "b64_json");
  private static final int MIN_MEDIA = 256;
  private static final JsonLimits NESTED = JsonLimits.DEFAULT.withBytes(8L << 20);

  private final Anonymizer.Conversation conversation;

  /** Replaces within {@code conversation}. */
  public JsonAnonymizer(Anonymizer.Conversation conversation) {
    this.conversation = conversation;
  }

  /** {@code value} with surrogates. */
  public Json anonymize(Json value) {
    return value(value, "", Optional.empty());
  }

  private Json value(Json value, String name, Optional<EntityClass> known) {
    return switch (value) {
      case Json.Obj object -> object(object);
      case Json.Arr array ->
          new Json.Arr(array.items().stream().map(item -> value(item, name, known)).toList());
      case Json.Str string -> string(string.value(), name, known);
      case Json.Int number -> number(number, known);
      case Json.Real _, Json.Bool _, Json.Null _ -> value;
    };
  }

  private Json object(Json.Obj object) {
    Map<String, Json> members = new LinkedHashMap<>();
    boolean call =
        object.members().containsKey("arguments")
            || isDeclaration(object)
            || object.members().containsKey("input");
    object
        .members()
        .forEach(
            (name, member) -> {
              boolean tool =
                  name.equals("name")
                      && (call || object.members().get("type") instanceof Json.Str)
                      && member instanceof Json.Str text
                      && text.value().matches(TOOL_NAME);
              Json kept = tool ? member : value(member, name, hint(object, name));
              members.put(key(name), kept);
            });
    return new Json.Obj(members);
  }

  private static boolean isDeclaration(Json.Obj object) {
    return object.members().containsKey("parameters")
        || object.members().containsKey("input_schema")
        || object.members().containsKey("schema");
  }

  /** In schemas, members are named like data and hold something else. */
  private static Optional<EntityClass> hint(Json.Obj object, String name) {
    Json member = object.members().get(name);
    boolean scalar =
        member instanceof Json.Str || member instanceof Json.Int || member instanceof Json.Arr;
    return scalar ? Labels.ofMember(name) : Optional.empty();
  }

  /** A name of a member with digits in it can be a value. */
  private String key(String name) {
    return name.length() > 2 && name.indexOf(' ') >= 0 ? conversation.text(name).text() : name;
  }

  private Json string(String text, String name, Optional<EntityClass> known) {
    if (isStructure(text, name)) {
      return new Json.Str(text);
    }
    if (MEDIA.contains(name) && text.length() >= MIN_MEDIA && isMedia(text)) {
      return omitted(text);
    }
    if (known.isPresent()) {
      return new Json.Str(conversation.value(known.get(), text));
    }
    Optional<Json> nested = nested(text);
    if (nested.isPresent()) {
      return new Json.Str(JsonText.of(anonymize(nested.get())));
    }
    return new Json.Str(conversation.text(text).text());
  }

  private static boolean isStructure(String text, String name) {
    return (STRUCTURE.contains(name) && text.length() <= 80 && !text.contains(" "))
        || (IDENTIFIERS.contains(name) && text.matches(IDENTIFIER));
  }

  private static boolean isMedia(String text) {
    return text.startsWith("data:")
        || text.chars().limit(MIN_MEDIA).allMatch(JsonAnonymizer::isBase64);
  }

  private static boolean isBase64(int c) {
    return (c < 0x80 && Character.isLetterOrDigit(c)) || c == '+' || c == '/' || c == '=';
  }

  private static Json omitted(String text) {
    int comma = text.startsWith("data:") ? text.indexOf(',') : -1;
    String type = comma < 0 ? "" : text.substring("data:".length(), Math.min(comma, 80));
    Map<String, Json> members = new LinkedHashMap<>();
    members.put("omitted", new Json.Bool(true));
    members.put("type", new Json.Str(type));
    members.put("bytes", new Json.Int((text.length() - comma - 1L) * 3 / 4));
    return new Json.Obj(members);
  }

  /** An object or an array that was put into a string. */
  private static Optional<Json> nested(String text) {
    String bare = text.strip();
    boolean object = bare.startsWith("{") && bare.endsWith("}");
    boolean array = bare.startsWith("[") && bare.endsWith("]");
    if (!object && !array) {
      return Optional.empty();
    }
    try {
      Json read = JsonReader.read(bare.getBytes(UTF_8), NESTED);
      boolean compact = JsonText.of(read).length() == text.length();
      // White space would be lost, and with it the form the student has to learn.
      return compact ? Optional.of(read) : Optional.empty();
    } catch (JsonException e) {
      return Optional.empty();
    }
  }

  /** A number under a name that says what it is. */
  private Json number(Json.Int number, Optional<EntityClass> known) {
    if (known.isEmpty() || number.value() < 100) {
      return number;
    }
    String made = conversation.value(EntityClass.MRN, Long.toString(number.value()));
    try {
      return new Json.Int(Long.parseLong(made));
    } catch (NumberFormatException e) {
      return new Json.Int(0);
    }
  }
}
