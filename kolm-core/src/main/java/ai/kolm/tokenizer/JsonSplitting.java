package ai.kolm.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.json.JsonException;
import ai.kolm.json.JsonObject;
import ai.kolm.tokenizer.Normalizers.Prepend;
import ai.kolm.weights.ModelFormatException;
import java.util.List;
import java.util.Optional;

/**
 * The {@code pre_tokenizer} of a {@code tokenizer.json}.
 *
 * @param preparation what it writes into the text
 * @param splitter how it cuts
 * @param byteLevel whether the model sees bytes
 */
record JsonSplitting(Normalizer preparation, Splitter splitter, boolean byteLevel) {
  private static final List<String> KNOWN =
      List.of(
          "Sequence",
          "ByteLevel",
          "Split",
          "Digits",
          "Whitespace",
          "WhitespaceSplit",
          "BertPreTokenizer",
          "Punctuation",
          "Metaspace");

  static JsonSplitting read(JsonComponents components, Optional<JsonObject> preTokenizer)
      throws JsonException, ModelFormatException {
    JsonSplitting all = new JsonSplitting(Normalizers.NONE, WordRuns.WHOLE, false);
    if (preTokenizer.isPresent()) {
      for (JsonObject part : JsonComponents.parts(preTokenizer.get(), "pretokenizers")) {
        all = all.then(components, part);
      }
    }
    return all;
  }

  private JsonSplitting then(JsonComponents components, JsonObject part)
      throws JsonException, ModelFormatException {
    return switch (part.string("type")) {
      case "ByteLevel" -> thenBytes(components, part);
      case "Split" -> then(split(components, part));
      case "Digits" ->
          then(part.bool("individual_digits", false) ? WordRuns.EACH_NUMBER : WordRuns.NUMBERS);
      case "Whitespace" -> then(WordRuns::wordsAndSymbols);
      case "WhitespaceSplit" -> then(WordRuns::betweenSpaces);
      case "BertPreTokenizer" -> then(BertNormalizer::split);
      case "Punctuation" -> then(punctuation(components, part));
      case "Metaspace" -> thenMarked(components, part);
      default -> throw components.unknownType(part, KNOWN);
    };
  }

  private JsonSplitting then(Splitter next) {
    return new JsonSplitting(
        preparation, splitter.equals(WordRuns.WHOLE) ? next : splitter.then(next), byteLevel);
  }

  private JsonSplitting thenBytes(JsonComponents components, JsonObject part)
      throws JsonException, ModelFormatException {
    Normalizer prefixed = preparation;
    if (part.bool("add_prefix_space", true)) {
      components.require(
          part,
          "add_prefix_space",
          splitter.equals(WordRuns.WHOLE),
          "false after another pre-tokenizer");
      prefixed = prefixed.then(Normalizers.prepend(new byte[] {' '}, Prepend.IF_MISSING));
    }
    JsonSplitting split = part.bool("use_regex", true) ? then(WordPatterns.GPT2) : this;
    return new JsonSplitting(prefixed, split.splitter, true);
  }

  private JsonSplitting thenMarked(JsonComponents components, JsonObject part)
      throws JsonException, ModelFormatException {
    components.require(
        part,
        "replacement",
        part.findString("replacement")
            .orElse(Normalizers.SPACE_MARK)
            .equals(Normalizers.SPACE_MARK),
        "U+2581");
    boolean always = part.bool("add_prefix_space", true);
    String scheme = part.findString("prepend_scheme").orElse(always ? "always" : "never");
    Prepend prepend =
        switch (scheme) {
          case "always" -> Prepend.IF_MISSING;
          case "first" -> Prepend.FIRST_IF_MISSING;
          case "never" -> Prepend.NEVER;
          default -> throw components.fault(part, "prepend_scheme", "always, first, never", scheme);
        };
    Normalizer marks = Normalizers.markSpaces();
    byte[] mark = Normalizers.SPACE_MARK.getBytes(UTF_8);
    boolean split = part.bool("split", true);
    if (splitter.equals(WordRuns.WHOLE)) {
      Normalizer prefixed = preparation.then(marks).then(Normalizers.prepend(mark, prepend));
      return new JsonSplitting(prefixed, split ? SpacePieces.EACH : splitter, byteLevel);
    }
    components.require(
        part,
        "prepend_scheme",
        prepend != Prepend.FIRST_IF_MISSING,
        "always or never in a Sequence");
    Normalizer word = marks.then(Normalizers.prepend(mark, prepend));
    return then(
        (text, from, to, words) -> {
          Normalizer.Text marked = word.apply(new Normalizer.Text(text, from, to), false);
          Splitter pieces = split ? SpacePieces.EACH : WordRuns.WHOLE;
          pieces.split(marked.bytes(), marked.from(), marked.to(), words);
        });
  }

  private static Splitter punctuation(JsonComponents components, JsonObject part)
      throws JsonException, ModelFormatException {
    String behavior = part.findString("behavior").orElse("Isolated");
    return switch (behavior) {
      case "Isolated" -> WordRuns.EACH_PUNCTUATION;
      case "Contiguous" -> WordRuns.PUNCTUATION;
      default -> throw components.fault(part, "behavior", "Isolated or Contiguous", behavior);
    };
  }

  private static Splitter split(JsonComponents components, JsonObject part)
      throws JsonException, ModelFormatException {
    String behavior = part.string("behavior");
    boolean invert = part.bool("invert", false);
    Optional<String> text = part.object("pattern").findString("String");
    if (text.isPresent()) {
      boolean cutsAfter = behavior.equals("MergedWithPrevious") && !invert && !text.get().isEmpty();
      components.require(part, "behavior", cutsAfter, "MergedWithPrevious of a text");
      return WordRuns.after(text.get().getBytes(UTF_8));
    }
    // What a pattern that leaves no gaps isolates is what its inversion removes.
    boolean isolated = behavior.equals("Isolated") && !invert;
    boolean kept = behavior.equals("Removed") && invert;
    String regex = part.object("pattern").string("Regex");
    Splitter splitter = KnownPatterns.find(regex);
    if (splitter == null) {
      throw components.fault(
          part, "pattern", "a pattern of a published tokenizer that kolm knows", regex);
    }
    components.require(
        part,
        "behavior",
        isolated || (kept && KnownPatterns.leavesNoGaps(regex)),
        "Isolated, or Removed and inverted");
    return splitter;
  }
}
