package ai.kolm.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonObject;
import ai.kolm.tokenizer.Normalizers.Prepend;
import ai.kolm.weights.ModelFormatException;
import java.text.Normalizer.Form;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/** The {@code normalizer} of a {@code tokenizer.json}. */
final class JsonNormalizers {
  private static final List<String> KNOWN =
      List.of(
          "Sequence",
          "NFC",
          "NFD",
          "NFKC",
          "NFKD",
          "Lowercase",
          "Strip",
          "StripAccents",
          "Prepend",
          "Replace",
          "BertNormalizer",
          "Precompiled");

  private JsonNormalizers() {}

  static Normalizer read(JsonComponents components, Optional<JsonObject> normalizer)
      throws JsonException, ModelFormatException {
    Normalizer all = Normalizers.NONE;
    if (normalizer.isPresent()) {
      for (JsonObject part : JsonComponents.parts(normalizer.get(), "normalizers")) {
        all = all.then(one(components, part));
      }
    }
    return all;
  }

  private static Normalizer one(JsonComponents components, JsonObject part)
      throws JsonException, ModelFormatException {
    return switch (part.string("type")) {
      case "NFC" -> Normalizers.form(Form.NFC);
      case "NFD" -> Normalizers.form(Form.NFD);
      case "NFKC" -> Normalizers.form(Form.NFKC);
      case "NFKD" -> Normalizers.form(Form.NFKD);
      case "Lowercase" -> Normalizers.lowercase();
      case "StripAccents" -> Normalizers.stripAccents();
      case "Strip" ->
          Normalizers.strip(part.bool("strip_left", true), part.bool("strip_right", true));
      case "Prepend" -> Normalizers.prepend(part.string("prepend").getBytes(UTF_8), Prepend.ALWAYS);
      case "Replace" -> replace(components, part);
      case "BertNormalizer" -> bert(part);
      case "Precompiled" -> precompiled(components, part);
      default -> throw components.unknownType(part, KNOWN);
    };
  }

  private static Normalizer replace(JsonComponents components, JsonObject part)
      throws JsonException, ModelFormatException {
    byte[] content = part.string("content").getBytes(UTF_8);
    Optional<String> text = part.object("pattern").findString("String");
    if (text.isPresent()) {
      components.require(part, "pattern", !text.get().isEmpty(), "a text that is not empty");
      return Normalizers.replace(text.get().getBytes(UTF_8), content);
    }
    String regex = part.object("pattern").string("Regex");
    if (!regex.equals(" {2,}")) {
      throw components.fault(part, "pattern", "a String or the Regex \" {2,}\"", regex);
    }
    return Normalizers.collapseSpaces(content);
  }

  private static Normalizer bert(JsonObject part) throws JsonException {
    boolean lowercase = part.bool("lowercase", true);
    return BertNormalizer.of(
        part.bool("clean_text", true),
        part.bool("handle_chinese_chars", true),
        part.bool("strip_accents", lowercase),
        lowercase);
  }

  private static Normalizer precompiled(JsonComponents components, JsonObject part)
      throws JsonException, ModelFormatException {
    if (!(part.get("precompiled_charsmap") instanceof Json.Str(String base64))) {
      throw components.fault(part, "precompiled_charsmap", "a string", "something else");
    }
    try {
      return CharacterMap.read(components.file(), Base64.getDecoder().decode(base64));
    } catch (IllegalArgumentException e) {
      throw components.fault(
          part, "precompiled_charsmap", "Base64", String.valueOf(e.getMessage()));
    }
  }
}
