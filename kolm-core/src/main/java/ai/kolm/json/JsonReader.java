package ai.kolm.json;

import ai.kolm.json.JsonException.Code;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads JSON (RFC 8259) strictly: UTF-8 only, no byte order mark, no duplicate keys, no trailing
 * bytes, no lone surrogates, no infinite numbers. Jackson does the scanning; what it lets pass by
 * default (a second key wins, other encodings are guessed, overlong UTF-8 is decoded) is refused
 * here.
 */
public final class JsonReader {
  private static final int MAX_NUMBER_LENGTH = 1_000;

  private final JsonParser parser;
  private final int maxDepth;

  private JsonReader(JsonParser parser, int maxDepth) {
    this.parser = parser;
    this.maxDepth = maxDepth;
  }

  /**
   * Has the JVM load what reading needs, the powers of ten among it: some hundredths of a second,
   * for a thread beside the first steps of a start.
   */
  public static void warmUp() {
    try {
      Json ignored = read("[0]".getBytes(StandardCharsets.UTF_8), JsonLimits.DEFAULT);
    } catch (JsonException e) {
      throw new AssertionError("an array is JSON", e);
    }
  }

  /**
   * The one value in {@code bytes}.
   *
   * @throws JsonException if the text is not strict JSON within {@code limits}
   */
  public static Json read(byte[] bytes, JsonLimits limits) throws JsonException {
    if (bytes.length > limits.bytes()) {
      throw new JsonException(
          Code.SIZE,
          "JSON of %,d bytes, at most %,d allowed".formatted(bytes.length, limits.bytes()));
    }
    String text = decode(bytes);
    if (text.startsWith("\uFEFF")) {
      throw new JsonException(Code.ENCODING, "JSON starts with a byte order mark at byte 0");
    }
    StreamReadConstraints constraints =
        StreamReadConstraints.builder()
            .maxNestingDepth(limits.depth() + 1)
            .maxStringLength(limits.stringBytes())
            .maxNameLength(limits.stringBytes())
            .maxNumberLength(MAX_NUMBER_LENGTH)
            .maxDocumentLength(-1)
            .build();
    JsonFactory factory =
        JsonFactory.builder()
            .streamReadConstraints(constraints)
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .build();
    try (JsonParser parser = factory.createParser(text)) {
      JsonReader reader = new JsonReader(parser, limits.depth());
      Json value = reader.value(parser.nextToken(), 0);
      if (parser.nextToken() != null) {
        throw new JsonException(Code.TRAILING, "text after the JSON value" + reader.where());
      }
      return value;
    } catch (StreamConstraintsException e) {
      throw new JsonException(Code.SIZE, firstLine(e));
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new JsonException(Code.SYNTAX, firstLine(e));
    } catch (IOException e) {
      throw new JsonException(Code.SYNTAX, String.valueOf(e.getMessage()));
    }
  }

  /** As {@link #read(byte[], JsonLimits)}, and the value must be an object. */
  public static JsonObject readObject(byte[] bytes, JsonLimits limits) throws JsonException {
    return JsonObject.of(read(bytes, limits), "");
  }

  private static String decode(byte[] bytes) throws JsonException {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer out = CharBuffer.allocate(bytes.length);
    CoderResult result = StandardCharsets.UTF_8.newDecoder().decode(in, out, true);
    if (result.isError()) {
      throw new JsonException(
          Code.ENCODING, "JSON is not valid UTF-8 at byte %d".formatted(in.position()));
    }
    return out.flip().toString();
  }

  private Json value(@Nullable JsonToken token, int depth) throws IOException, JsonException {
    if (token == null) {
      throw new JsonException(Code.SYNTAX, "JSON ends where a value is expected" + where());
    }
    return switch (token) {
      case START_OBJECT -> object(deeper(depth));
      case START_ARRAY -> array(deeper(depth));
      case VALUE_STRING -> new Json.Str(wellFormed(parser.getText()));
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> number(token);
      case VALUE_TRUE -> new Json.Bool(true);
      case VALUE_FALSE -> new Json.Bool(false);
      case VALUE_NULL -> new Json.Null();
      default -> throw new JsonException(Code.SYNTAX, "unexpected " + token + where());
    };
  }

  private int deeper(int depth) throws JsonException {
    if (depth + 1 > maxDepth) {
      throw new JsonException(
          Code.DEPTH, "JSON nested deeper than %d%s".formatted(maxDepth, where()));
    }
    return depth + 1;
  }

  private Json object(int depth) throws IOException, JsonException {
    Map<String, Json> members = new LinkedHashMap<>();
    for (JsonToken token = parser.nextToken();
        token == JsonToken.FIELD_NAME;
        token = parser.nextToken()) {
      String name = wellFormed(parser.currentName());
      Json member = value(parser.nextToken(), depth);
      if (members.put(name, member) != null) {
        throw new JsonException(
            Code.DUPLICATE_KEY, "duplicate key \"%s\"%s".formatted(name, where()));
      }
    }
    return new Json.Obj(members);
  }

  private Json array(int depth) throws IOException, JsonException {
    List<Json> items = new ArrayList<>();
    for (JsonToken token = parser.nextToken();
        token != JsonToken.END_ARRAY;
        token = parser.nextToken()) {
      items.add(value(token, depth));
    }
    return new Json.Arr(items);
  }

  private Json number(JsonToken token) throws IOException, JsonException {
    if (token == JsonToken.VALUE_NUMBER_INT
        && parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER) {
      return new Json.Int(parser.getLongValue());
    }
    double value = parser.getDoubleValue();
    if (!Double.isFinite(value)) {
      throw new JsonException(Code.NUMBER, "number out of range%s".formatted(where()));
    }
    return new Json.Real(value);
  }

  /** The text itself, unless an escape put half of a surrogate pair into it. */
  private String wellFormed(String text) throws JsonException {
    for (int i = 0; i < text.length(); ) {
      int codePoint = text.codePointAt(i);
      if (codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE) {
        throw new JsonException(Code.ENCODING, "lone surrogate in a string" + where());
      }
      i += Character.charCount(codePoint);
    }
    return text;
  }

  private String where() {
    return " at character " + parser.currentLocation().getCharOffset();
  }

  private static String firstLine(Exception e) {
    return String.valueOf(e.getMessage())
        .lines()
        .findFirst()
        .orElse("unreadable JSON")
        .replaceAll("\\[Source: .*?; (line: \\d+, column: \\d+)]", "$1");
  }
}
