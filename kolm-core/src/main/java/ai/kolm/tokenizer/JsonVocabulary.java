package ai.kolm.tokenizer;

import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonObject;
import ai.kolm.tokenizer.Vocabulary.Kind;
import ai.kolm.weights.ModelFormatException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * The tokens of a {@code tokenizer.json}: those of the model and the added ones, which may be the
 * same.
 *
 * @param tokens all of them
 * @param declared the added ones as the file has them
 * @param modelSize ids from here on are not the model's
 * @param scores of the model's tokens, by id; empty unless Unigram
 */
record JsonVocabulary(
    VocabularyDraft tokens, List<AddedToken> declared, int modelSize, double[] scores) {

  static JsonVocabulary read(String file, JsonObject root, JsonObject model)
      throws JsonException, ModelFormatException {
    return new Reader(file, model).read(root.objects("added_tokens"));
  }

  /** The added tokens, special also where only the vocabulary knows that they end an answer. */
  List<AddedToken> added() {
    return declared.stream()
        .map(token -> tokens.isText(token.id()) ? token : token.asSpecial())
        .toList();
  }

  private static final class Reader {
    private final String file;
    private final JsonObject model;
    private final List<String> names = new ArrayList<>();
    private double[] scores = {};

    Reader(String file, JsonObject model) {
      this.file = file;
      this.model = model;
    }

    JsonVocabulary read(List<JsonObject> added) throws JsonException, ModelFormatException {
      Json vocab = model.get("vocab");
      if (vocab instanceof Json.Arr scored) {
        readScored(scored.items());
      } else {
        readIds(model.object("vocab"));
      }
      int modelSize = names.size();
      List<AddedToken> declared = new ArrayList<>();
      for (JsonObject token : added) {
        declared.add(readAdded(token));
      }
      Kind[] kinds = kinds(declared);
      VocabularyDraft tokens =
          new VocabularyDraft(file, "model/vocab", new NameIndex(names), kinds);
      return new JsonVocabulary(tokens, declared, modelSize, scores);
    }

    private void readIds(JsonObject vocab) throws JsonException, ModelFormatException {
      for (Map.Entry<String, Json> entry : vocab.json().members().entrySet()) {
        put(vocab.at(entry.getKey()), vocab.integer(entry.getKey()), entry.getKey());
      }
    }

    private void readScored(List<Json> items) throws ModelFormatException {
      scores = new double[items.size()];
      for (int id = 0; id < scores.length; id++) {
        String at = "/model/vocab/" + id;
        if (items.get(id) instanceof Json.Arr(List<Json> pair)
            && pair.size() == 2
            && pair.getFirst() instanceof Json.Str(String name)) {
          put(at, id, name);
          scores[id] =
              switch (pair.getLast()) {
                case Json.Real(double score) -> score;
                case Json.Int(long score) -> score;
                case Json other -> throw fault(at + "/1", "a number", other.kind());
              };
        } else {
          throw fault(at, "a token and its score", items.get(id).kind());
        }
      }
    }

    private void put(String at, long id, String name) throws ModelFormatException {
      if (id < 0 || id >= VocabularyDraft.MAX_TOKENS) {
        throw fault(at, "an id below %,d".formatted(VocabularyDraft.MAX_TOKENS), Long.toString(id));
      }
      while (names.size() <= id) {
        names.add("");
      }
      String other = names.set((int) id, name);
      if (!other.isEmpty() && !other.equals(name)) {
        throw fault(at, "an id of its own", "%d, which is \"%s\"".formatted(id, other));
      }
    }

    private AddedToken readAdded(JsonObject token) throws JsonException, ModelFormatException {
      String content = token.string("content");
      put(token.at("id"), token.integer("id"), content);
      return new AddedToken(
          (int) token.integer("id"),
          content,
          token.bool("special", false),
          token.bool("single_word", false),
          token.bool("lstrip", false),
          token.bool("rstrip", false),
          token.bool("normalized", !token.bool("special", false)));
    }

    private Kind[] kinds(List<AddedToken> added) throws JsonException {
      Kind[] kinds = new Kind[names.size()];
      boolean byteFallback =
          model.find("byte_fallback").isPresent() && model.bool("byte_fallback", false);
      for (int id = 0; id < kinds.length; id++) {
        String name = names.get(id);
        boolean isByte = byteFallback && ByteFallback.value(name) >= 0;
        kinds[id] = name.isEmpty() ? Kind.UNUSED : isByte ? Kind.BYTE : Kind.NORMAL;
      }
      for (AddedToken token : added) {
        kinds[token.id()] = token.special() ? Kind.CONTROL : Kind.USER_DEFINED;
      }
      return kinds;
    }

    private ModelFormatException fault(String at, String expected, String found) {
      return new ModelFormatException(
          file, "%s: expected %s, got %s".formatted(at, expected, found));
    }
  }

  @Override
  public double[] scores() {
    return Arrays.copyOf(scores, scores.length);
  }
}
