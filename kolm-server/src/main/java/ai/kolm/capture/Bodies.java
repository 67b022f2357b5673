package ai.kolm.capture;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/** Makes something to read of the bytes of a body. */
final class Bodies {
  private static final int MAX_DECODED = 32 << 20;

  private Bodies() {}

  /**
   * The bytes of a body without its coding.
   *
   * @throws IOException if it is coded in another way than gzip, cut off, or becomes too large
   */
  static byte[] decode(byte[] body, @Nullable String coding) throws IOException {
    String name = coding == null ? "" : coding.strip().toLowerCase(Locale.ROOT);
    if (name.isEmpty() || name.equals("identity")) {
      return body;
    }
    if (!name.equals("gzip") && !name.equals("x-gzip")) {
      throw new IOException("a body in another coding than gzip");
    }
    try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(body))) {
      byte[] decoded = in.readNBytes(MAX_DECODED + 1);
      if (decoded.length > MAX_DECODED) {
        throw new IOException("a body of more than " + MAX_DECODED + " bytes");
      }
      return decoded;
    }
  }

  /** The JSON in a text, if it is that. */
  static Optional<Json> json(String text) {
    return json(text.getBytes(UTF_8));
  }

  /** The JSON in bytes, if it is that. */
  static Optional<Json> json(byte[] bytes) {
    try {
      return Optional.of(JsonReader.read(bytes, JsonLimits.DEFAULT.withBytes(MAX_DECODED)));
    } catch (JsonException e) {
      return Optional.empty();
    }
  }

  /** What stands for a body that is not kept. */
  static Json omitted(@Nullable String type, long bytes) {
    Map<String, Json> members = new LinkedHashMap<>();
    members.put("omitted", new Json.Bool(true));
    members.put("type", new Json.Str(type == null ? "" : mediaType(type)));
    members.put("bytes", new Json.Int(bytes));
    return new Json.Obj(members);
  }

  /** The media type of a header, without its parameters. */
  static String mediaType(@Nullable String header) {
    String type = header == null ? "" : header;
    int semicolon = type.indexOf(';');
    return (semicolon < 0 ? type : type.substring(0, semicolon)).strip().toLowerCase(Locale.ROOT);
  }
}
