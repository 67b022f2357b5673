package ai.kolm.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.json.JsonException;
import ai.kolm.json.JsonObject;
import ai.kolm.tokenizer.Detokenizer.Leading;
import ai.kolm.weights.ModelFormatException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * The {@code decoder} of a {@code tokenizer.json}, as what each token stands for.
 *
 * @param rewriting what becomes of the name of a token
 * @param byteLevel whether names are made of byte-level characters
 * @param byteFallback whether {@code <0x41>} is a byte
 * @param leading what becomes of a space at the start
 */
record JsonDecoding(
    UnaryOperator<String> rewriting, boolean byteLevel, boolean byteFallback, Leading leading) {
  private static final List<String> KNOWN =
      List.of(
          "Sequence",
          "ByteLevel",
          "Replace",
          "ByteFallback",
          "Fuse",
          "Strip",
          "WordPiece",
          "Metaspace");

  static JsonDecoding read(String file, Optional<JsonObject> decoder)
      throws JsonException, ModelFormatException {
    if (decoder.isEmpty()) {
      // Tokens are joined by spaces.
      return new JsonDecoding(" "::concat, false, false, Leading.DROP_ONE);
    }
    JsonComponents components = new JsonComponents(file);
    JsonDecoding all = new JsonDecoding(UnaryOperator.identity(), false, false, Leading.KEEP);
    List<String> before = new ArrayList<>();
    for (JsonObject part : JsonComponents.parts(decoder.get(), "decoders")) {
      all = all.then(components, part, before);
      before.add(part.string("type"));
    }
    return all;
  }

  private JsonDecoding then(JsonComponents components, JsonObject part, List<String> before)
      throws JsonException, ModelFormatException {
    return switch (part.string("type")) {
      case "ByteLevel" -> new JsonDecoding(rewriting, true, byteFallback, leading);
      case "ByteFallback" -> new JsonDecoding(rewriting, byteLevel, true, leading);
      case "Fuse" -> this;
      case "Replace" -> replace(components, part);
      case "Strip" -> strip(components, part, before);
      case "Metaspace" -> metaspace(part);
      case "WordPiece" -> wordPiece(part);
      default -> throw components.unknownType(part, KNOWN);
    };
  }

  private JsonDecoding then(UnaryOperator<String> next, Leading newLeading) {
    return new JsonDecoding(
        name -> next.apply(rewriting.apply(name)), byteLevel, byteFallback, newLeading);
  }

  private JsonDecoding replace(JsonComponents components, JsonObject part)
      throws JsonException, ModelFormatException {
    Optional<String> pattern = part.object("pattern").findString("String");
    components.require(
        part, "pattern", pattern.isPresent() && !pattern.get().isEmpty(), "a String");
    String content = part.string("content");
    return then(name -> name.replace(pattern.orElseThrow(), content), leading);
  }

  private JsonDecoding strip(JsonComponents components, JsonObject part, List<String> before)
      throws JsonException, ModelFormatException {
    components.require(part, "content", part.string("content").equals(" "), "a space");
    components.require(part, "stop", part.integer("stop") == 0, "0");
    components.require(
        part, "start", part.integer("start") == 1 && before.contains("Fuse"), "1, after Fuse");
    return new JsonDecoding(rewriting, byteLevel, byteFallback, Leading.DROP_ONE);
  }

  private JsonDecoding metaspace(JsonObject part) throws JsonException {
    boolean always = part.bool("add_prefix_space", true);
    boolean prefixed =
        !part.findString("prepend_scheme").orElse(always ? "always" : "never").equals("never");
    return then(
        name -> name.replace(Normalizers.SPACE_MARK, " "),
        prefixed ? Leading.DROP_OF_FIRST_TOKEN : Leading.KEEP);
  }

  private JsonDecoding wordPiece(JsonObject part) throws JsonException {
    String prefix = part.findString("prefix").orElse("##");
    boolean cleanup = part.bool("cleanup", true);
    return then(name -> WordPieceDecoding.text(name, prefix, cleanup), Leading.DROP_ONE);
  }

  /** What each token stands for. */
  byte[][] bytes(VocabularyDraft tokens) {
    byte[][] bytes = new byte[tokens.size()][];
    for (int id = 0; id < bytes.length; id++) {
      String name = tokens.name(id);
      int value = byteFallback ? ByteFallback.value(name) : -1;
      String text = name.isEmpty() ? "" : rewriting.apply(name);
      bytes[id] =
          value >= 0
              ? new byte[] {(byte) value}
              : byteLevel ? ByteLevel.bytes(text) : text.getBytes(UTF_8);
    }
    return bytes;
  }
}
