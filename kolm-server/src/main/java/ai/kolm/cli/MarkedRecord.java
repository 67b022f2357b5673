package ai.kolm.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.capture.CaptureRecord;
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
import java.util.regex.Pattern;

/**
 * A record for a terminal, with what was replaced underlined. Marks are put into the strings as
 * characters that no text has (noncharacters of Unicode), so that they stay where they are when
 * JSON within a string is written, and become underlining at the end.
 */
final class MarkedRecord {
  private static final String BEGIN = "\ufdd0";
  private static final String END = "\ufdd1";
  private static final String NUMBER = "\ufdd2";
  // A number cannot hold marks: it is written as a string, and loses its quotes again.
  private static final Pattern NUMBERS =
      Pattern.compile("\\\\*\"" + NUMBER + "(-?[0-9]+)" + END + "\\\\*\"");
  private static final String UNDERLINED = "\u001b[4m";
  private static final String PLAIN = "\u001b[24m";

  private final Map<String, List<Json>> spans = new LinkedHashMap<>();

  private MarkedRecord() {}

  /** Lines of JSON; the places of the surrogates are not in them, but underlined. */
  static String text(CaptureRecord record) {
    MarkedRecord marked = new MarkedRecord();
    Map<String, Json> members = new LinkedHashMap<>(record.json().members());
    if (members.get("anon") instanceof Json.Obj anon
        && anon.members().get("spans") instanceof Json.Obj places) {
      places.members().forEach(marked::add);
      Map<String, Json> rest = new LinkedHashMap<>(anon.members());
      rest.remove("spans");
      members.put("anon", new Json.Obj(rest));
    }
    String text = PrettyJson.of(marked.mark(new Json.Obj(members), ""));
    return NUMBERS
        .matcher(text)
        .replaceAll(BEGIN + "$1" + END)
        .replace(BEGIN, UNDERLINED)
        .replace(END, PLAIN);
  }

  private void add(String at, Json places) {
    if (places instanceof Json.Arr list) {
      spans.put(at, list.items());
    }
  }

  private Json mark(Json value, String at) {
    return switch (value) {
      case Json.Obj object -> {
        Map<String, Json> members = new LinkedHashMap<>();
        object
            .members()
            .forEach(
                (name, member) -> members.put(name, mark(member, JsonPointer.child(at, name))));
        yield new Json.Obj(members);
      }
      case Json.Arr array -> {
        List<Json> items = new ArrayList<>();
        for (Json item : array.items()) {
          items.add(mark(item, at + "/" + items.size()));
        }
        yield new Json.Arr(items);
      }
      case Json.Str string -> new Json.Str(string(string.value(), at));
      case Json.Int number ->
          spans.containsKey(at) ? new Json.Str(NUMBER + number.value() + END) : number;
      case Json.Real _, Json.Bool _, Json.Null _ -> value;
    };
  }

  private String string(String text, String at) {
    List<Json> places = spans.get(at);
    if (places != null) {
      return marked(text, places);
    }
    boolean inside = spans.keySet().stream().anyMatch(known -> known.startsWith(at + "/"));
    if (!inside) {
      return text;
    }
    try {
      Json nested = JsonReader.read(text.getBytes(UTF_8), JsonLimits.DEFAULT);
      return JsonText.of(mark(nested, at));
    } catch (JsonException e) {
      return text;
    }
  }

  private static String marked(String text, List<Json> places) {
    StringBuilder result = new StringBuilder(text.length());
    int from = 0;
    for (Json place : places) {
      if (place instanceof Json.Arr span
          && span.items().size() == 3
          && span.items().get(0) instanceof Json.Int start
          && span.items().get(1) instanceof Json.Int end
          && start.value() >= from
          && end.value() > start.value()
          && end.value() <= text.length()) {
        result.append(text, from, (int) start.value()).append(BEGIN);
        result.append(text, (int) start.value(), (int) end.value()).append(END);
        from = (int) end.value();
      }
    }
    return result.append(text, from, text.length()).toString();
  }
}
