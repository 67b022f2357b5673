package ai.kolm.cli;

import ai.kolm.json.Json;
import ai.kolm.json.JsonText;
import java.util.Iterator;
import java.util.Map;

/** JSON for people: a member or an item on each line. */
final class PrettyJson {
  private static final String INDENT = "  ";

  private PrettyJson() {}

  /** The text of {@code value}. */
  static String of(Json value) {
    StringBuilder text = new StringBuilder();
    write(value, "", text);
    return text.toString();
  }

  private static void write(Json value, String indent, StringBuilder to) {
    switch (value) {
      case Json.Obj object when !object.members().isEmpty() -> {
        to.append("{\n");
        Iterator<Map.Entry<String, Json>> members = object.members().entrySet().iterator();
        while (members.hasNext()) {
          Map.Entry<String, Json> member = members.next();
          to.append(indent).append(INDENT);
          to.append(JsonText.of(new Json.Str(member.getKey()))).append(": ");
          write(member.getValue(), indent + INDENT, to);
          to.append(members.hasNext() ? ",\n" : "\n");
        }
        to.append(indent).append('}');
      }
      case Json.Arr array when !array.items().isEmpty() -> {
        to.append("[\n");
        Iterator<Json> items = array.items().iterator();
        while (items.hasNext()) {
          to.append(indent).append(INDENT);
          write(items.next(), indent + INDENT, to);
          to.append(items.hasNext() ? ",\n" : "\n");
        }
        to.append(indent).append(']');
      }
      default -> to.append(JsonText.of(value));
    }
  }
}
