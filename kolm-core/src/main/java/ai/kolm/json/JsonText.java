package ai.kolm.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Map;

/** JSON as compact text: no white space, members in their order. */
public final class JsonText {
  private static final JsonFactory FACTORY = new JsonFactory();

  private JsonText() {}

  /** The text of {@code value}, on one line. */
  public static String of(Json value) {
    StringWriter text = new StringWriter();
    try (JsonGenerator generator = FACTORY.createGenerator(text)) {
      write(value, generator);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }

  private static void write(Json value, JsonGenerator to) throws IOException {
    switch (value) {
      case Json.Obj object -> {
        to.writeStartObject();
        for (Map.Entry<String, Json> member : object.members().entrySet()) {
          to.writeFieldName(member.getKey());
          write(member.getValue(), to);
        }
        to.writeEndObject();
      }
      case Json.Arr array -> {
        to.writeStartArray();
        for (Json item : array.items()) {
          write(item, to);
        }
        to.writeEndArray();
      }
      case Json.Str string -> to.writeString(string.value());
      case Json.Int integer -> to.writeNumber(integer.value());
      case Json.Real real -> to.writeNumber(real.value());
      case Json.Bool bool -> to.writeBoolean(bool.value());
      case Json.Null _ -> to.writeNull();
    }
  }
}
