package ai.kolm.anonymize;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonPointer;
import ai.kolm.json.JsonReader;
import ai.kolm.json.JsonText;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Replaces in every string of a JSON value, also in JSON within strings, such as the arguments of
 * tools. The name of a member counts as a word in front of its value: {@code {"mrn": 8847}}. What
 * only names parts of the interface (roles, types, models, ids of calls) stays, as records could
 * not be read without it; embedded media are left out. Remembers where surrogates are. For one
 * thread.
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

  private static final int MAX_SPANS = 10_000;

  private final Anonymizer.Conversation conversation;
  private final Map<String, List<Span>> replaced = new LinkedHashMap<>();
  private int spans;

  /** Replaces within {@code conversation}. */
  public JsonAnonymizer(Anonymizer.Conversation conversation) {
    this.conversation = conversation;
  }

  /** {@code value} with surrogates. */
  public Json anonymize(Json value) {
    return anonymize(value, "");
  }

  /**
   * {@code value} with surrogates.
   *
   * @param at where it is, as a JSON pointer
   */
  public Json anonymize(Json value, String at) {
    return value(value, "", at, Optional.empty());
  }

  /**
   * Where surrogates are: by the JSON pointer of the string or number that they are in, in UTF-16
   * code units. A pointer goes on into JSON within a string. The first ten thousand; a text that
   * has more is none that somebody looks through.
   */
  public Map<String, List<Span>> replaced() {
    Map<String, List<Span>> copy = new LinkedHashMap<>();
    replaced.forEach((at, found) -> copy.put(at, List.copyOf(found)));
    return copy;
  }

  private void remember(String at, List<Span> found) {
    if (!found.isEmpty() && spans + found.size() <= MAX_SPANS) {
      spans += found.size();
      replaced.computeIfAbsent(at, _ -> new ArrayList<>()).addAll(found);
    }
  }

  private Json value(Json value, String name, String at, Optional<EntityClass> known) {
    return switch (value) {
      case Json.Obj object -> object(object, at);
      case Json.Arr array -> {
        List<Json> items = new ArrayList<>();
        for (Json item : array.items()) {
          items.add(value(item, name, at + "/" + items.size(), known));
        }
        yield new Json.Arr(items);
      }
      case Json.Str string -> string(string.value(), name, at, known);
      case Json.Int number -> number(number, at, known);
      case Json.Real _, Json.Bool _, Json.Null _ -> value;
    };
  }

  private Json object(Json.Obj object, String at) {
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
              String key = key(name);
              Json kept =
                  tool
                      ? member
                      : value(member, name, JsonPointer.child(at, key), hint(object, name));
              members.put(key, kept);
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

  private Json string(String text, String name, String at, Optional<EntityClass> known) {
    if (isStructure(text, name)) {
      return new Json.Str(text);
    }
    if (MEDIA.contains(name) && text.length() >= MIN_MEDIA && isMedia(text)) {
      return omitted(text);
    }
    if (known.isPresent()) {
      String made = conversation.value(known.get(), text);
      remember(at, text.isBlank() ? List.of() : whole(made, known.get()));
      return new Json.Str(made);
    }
    Optional<Json> nested = nested(text);
    if (nested.isPresent()) {
      return new Json.Str(JsonText.of(anonymize(nested.get(), at)));
    }
    AnonymizedText made = conversation.text(text);
    remember(at, made.replaced());
    return new Json.Str(made.text());
  }

  private static List<Span> whole(String text, EntityClass type) {
    return text.isEmpty() ? List.of() : List.of(new Span(0, text.length(), type));
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
  private Json number(Json.Int number, String at, Optional<EntityClass> known) {
    if (known.isEmpty() || number.value() < 100) {
      return number;
    }
    String made = conversation.value(EntityClass.MRN, Long.toString(number.value()));
    Json.Int surrogate;
    try {
      surrogate = new Json.Int(Long.parseLong(made));
    } catch (NumberFormatException e) {
      surrogate = new Json.Int(0);
    }
    remember(at, whole(Long.toString(surrogate.value()), EntityClass.MRN));
    return surrogate;
  }
}
