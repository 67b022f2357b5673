package ai.kolm.prompt.jinja;

import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonReader;
import ai.kolm.reference.ReferenceData;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.HexFormat;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The golden data of templates; its README says how it was made. */
public final class TemplateGolden {
  private static final String FOLDER = "/golden/templates/";

  private TemplateGolden() {}

  /** A JSON file of the folder. */
  public static JsonObject json(String name) {
    try {
      return JsonReader.readObject(Objects.requireNonNull(bytes(name), name), JsonLimits.DEFAULT);
    } catch (JsonException e) {
      throw new IllegalStateException(name, e);
    }
  }

  /** The source of a template: from the folder where it is free to copy, else fetched. */
  public static String template(String name) {
    byte[] bytes = bytes("templates/" + name + ".jinja");
    try {
      return bytes != null
          ? new String(bytes, StandardCharsets.UTF_8)
          : java.nio.file.Files.readString(ReferenceData.llamaCpp("templates/" + name + ".jinja"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte @Nullable [] bytes(String name) {
    try (InputStream in = TemplateGolden.class.getResourceAsStream(FOLDER + name)) {
      return in == null ? null : in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A JSON value as a template sees it; its text is foreign. */
  public static Value value(Json json) {
    return switch (json) {
      case Json.Str string -> Text.foreign(string.value());
      case Json.Int number -> new Value.Int(number.value());
      case Json.Real number -> new Value.Real(number.value());
      case Json.Bool bool -> Value.Bool.of(bool.value());
      case Json.Null _ -> Value.None.NONE;
      case Json.Arr array ->
          Value.Seq.list(array.items().stream().map(TemplateGolden::value).toList());
      case Json.Obj object -> {
        Value.Dict.Builder dict = new Value.Dict.Builder();
        object.members().forEach((key, item) -> dict.put(Text.foreign(key), value(item)));
        yield dict.build();
      }
    };
  }

  /** The time at which everything was rendered. */
  public static Clock clock(String now) {
    return Clock.fixed(LocalDateTime.parse(now).toInstant(ZoneOffset.UTC), ZoneOffset.UTC);
  }

  /** A text as {@code rendered.json} has it: the first half of its SHA-256, and its length. */
  public static String digest(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(bytes);
      return HexFormat.of().formatHex(hash, 0, 12) + ":" + bytes.length;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What a chat template may cost by default. */
  static Budget budget() {
    return new Budget(100_000, 4 << 20, 10_000, 250, 64L << 20);
  }
}
