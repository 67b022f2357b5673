package ai.kolm.cli;

import ai.kolm.json.Json;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.stream.IntStream;

/** Writes JSON values, each as one line. */
final class JsonLines {
  private static final JsonFactory FACTORY = new JsonFactory();

  private JsonLines() {}

  /** {@code value} as one line, members in their order. */
  static String text(Json value) {
    StringWriter text = new StringWriter();
    try (JsonGenerator generator = FACTORY.createGenerator(text)) {
      write(value, generator);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }

  /** Token ids as an array. */
  static Json.Arr ids(int[] ids) {
    return new Json.Arr(IntStream.of(ids).<Json>mapToObj(Json.Int::new).toList());
  }

  /**
   * An array of token ids.
   *
   * @param vocabularySize ids must be below it
   * @throws IllegalArgumentException if it is something else
   */
  static int[] ids(Json json, int vocabularySize) {
    if (!(json instanceof Json.Arr array)) {
      throw new IllegalArgumentException("expected an array of token ids, got " + json.kind());
    }
    int[] ids = new int[array.items().size()];
    for (int i = 0; i < ids.length; i++) {
      Json item = array.items().get(i);
      if (!(item instanceof Json.Int id) || id.value() < 0 || id.value() >= vocabularySize) {
        throw new IllegalArgumentException(
            "/%d: expected a token id from 0 to %d, got %s"
                .formatted(i, vocabularySize - 1, text(item)));
      }
      ids[i] = (int) id.value();
    }
    return ids;
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
