package ai.kolm.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonObject;
import ai.kolm.tokenizer.Vocabulary.Kind;
import ai.kolm.weights.ModelFormatException;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The {@code model} of a {@code tokenizer.json}. */
final class JsonModels {
  private static final List<String> KNOWN = List.of("BPE", "Unigram", "WordPiece");

  private final JsonComponents components;
  private final JsonObject model;
  private final JsonVocabulary vocabulary;
  private final VocabularyDraft tokens;
  private final Set<Integer> end;

  JsonModels(String file, JsonObject model, JsonVocabulary vocabulary, Set<Integer> end) {
    this.end = end;
    components = new JsonComponents(file);
    this.model = model;
    this.vocabulary = vocabulary;
    tokens = vocabulary.tokens();
  }

  /**
   * @param byteLevel whether words are made of bytes
   */
  TokenModel read(boolean byteLevel) throws JsonException, ModelFormatException {
    // Old files of byte-pair encoding have no type.
    String type = model.findString("type").orElse(model.find("merges").isPresent() ? "BPE" : "");
    return switch (type) {
      case "BPE" -> bytePairs(byteLevel);
      case "Unigram" -> unigram();
      case "WordPiece" -> wordPiece();
      default -> throw components.fault(model, "type", "one of " + KNOWN, type);
    };
  }

  private TokenModel bytePairs(boolean byteLevel) throws JsonException, ModelFormatException {
    for (String key : List.of("continuing_subword_prefix", "end_of_word_suffix")) {
      components.require(model, key, model.findString(key).orElse("").isEmpty(), "nothing");
    }
    components.require(model, "dropout", model.findNumber("dropout").orElse(0) == 0, "nothing");
    Symbols symbols = byteLevel ? byteSymbols() : characters();
    ByteIndex whole = model.bool("ignore_merges", false) ? wholeWords(byteLevel) : null;
    return new BytePairEncoding(symbols, merges(), whole);
  }

  private MergeTable merges() throws JsonException, ModelFormatException {
    List<Json> merges = model.array("merges");
    MergeRules rules = new MergeRules(tokens, "/model/merges", merges.size());
    for (int i = 0; i < merges.size(); i++) {
      switch (merges.get(i)) {
        case Json.Str(String merge) -> rules.add(merge);
        case Json.Arr(List<Json> pair)
            when pair.size() == 2
                && pair.getFirst() instanceof Json.Str(String left)
                && pair.getLast() instanceof Json.Str(String right) ->
            rules.add(left, right);
        case Json other ->
            throw new ModelFormatException(
                components.file(),
                "/model/merges/%d: expected two tokens, got %s".formatted(i, other.kind()));
      }
    }
    return rules.table();
  }

  private int unknown() throws JsonException, ModelFormatException {
    Optional<String> name = model.findString("unk_token");
    if (name.isEmpty()) {
      return -1;
    }
    int id = tokens.find(name.get());
    components.require(model, "unk_token", id >= 0, "a token");
    return tokens.unknown(id, end);
  }

  private Symbols byteSymbols() throws JsonException, ModelFormatException {
    int unknown = unknown();
    int[] ids = new int[256];
    for (int b = 0; b < ids.length; b++) {
      int id = tokens.find(ByteLevel.name(b));
      ids[b] = id >= 0 && tokens.isText(id) ? id : unknown;
    }
    return new ByteSymbols(ids);
  }

  private Symbols characters() throws JsonException, ModelFormatException {
    ByteIndex characters = new ByteIndex(vocabulary.modelSize());
    for (int id = 0; id < vocabulary.modelSize(); id++) {
      String name = tokens.name(id);
      if (tokens.isText(id) && !name.isEmpty() && name.codePointCount(0, name.length()) == 1) {
        characters.add(name.getBytes(UTF_8), id);
      }
    }
    int[] bytes = model.bool("byte_fallback", false) ? ByteFallback.tokens(tokens) : new int[0];
    return new CharacterSymbols(characters, bytes, unknown(), model.bool("fuse_unk", false));
  }

  private ByteIndex wholeWords(boolean byteLevel) {
    ByteIndex index = new ByteIndex(vocabulary.modelSize());
    for (int id = 0; id < vocabulary.modelSize(); id++) {
      if (tokens.kind(id) == Kind.NORMAL) {
        String name = tokens.name(id);
        index.add(byteLevel ? ByteLevel.bytes(name) : name.getBytes(UTF_8), id);
      }
    }
    return index;
  }

  private TokenModel unigram() throws JsonException, ModelFormatException {
    int[] bytes = model.bool("byte_fallback", false) ? ByteFallback.tokens(tokens) : new int[0];
    long unknown = model.findInteger("unk_id").orElse(-1);
    components.require(
        model, "unk_id", unknown >= -1 && unknown < vocabulary.modelSize(), "an id of the model");
    Unigram unigram = new Unigram(tokens.size(), tokens.unknown((int) unknown, end), bytes);
    double[] scores = vocabulary.scores();
    for (int id = 0; id < scores.length; id++) {
      if (tokens.isText(id)) { // byte tokens too: the reference takes the text <0x41> for one
        unigram.add(tokens.name(id), id, scores[id]);
      } else {
        unigram.addScoreOnly(scores[id]);
      }
    }
    return unigram;
  }

  private TokenModel wordPiece() throws JsonException, ModelFormatException {
    String prefix = model.findString("continuing_subword_prefix").orElse("##");
    int unknown = unknown();
    components.require(model, "unk_token", unknown >= 0, "a token that ends no answer");
    long longest = model.findInteger("max_input_chars_per_word").orElse(100);
    components.require(
        model, "max_input_chars_per_word", longest >= 1 && longest <= 1 << 16, "1 to 65536");
    WordPiece wordPiece = new WordPiece(unknown, (int) longest);
    for (int id = 0; id < vocabulary.modelSize(); id++) {
      String name = tokens.name(id);
      boolean continuation = name.startsWith(prefix) && name.length() > prefix.length();
      if (tokens.isText(id) && !name.isEmpty()) {
        wordPiece.add(name, id, false);
        if (continuation) {
          wordPiece.add(name.substring(prefix.length()), id, true);
        }
      }
    }
    return wordPiece;
  }
}
