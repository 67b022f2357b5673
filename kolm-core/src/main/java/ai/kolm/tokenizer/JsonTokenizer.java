package ai.kolm.tokenizer;

import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonReader;
import ai.kolm.tokenizer.TokenizerPipeline.Stages;
import ai.kolm.tokenizer.Vocabulary.Kind;
import ai.kolm.weights.ModelFormatException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Reads {@code tokenizer.json}, the format of Hugging Face's tokenizers library: a normalizer, a
 * pre-tokenizer, a model, added tokens, a post-processor and a decoder, each of a named type. The
 * set of types is closed; one that is not known is refused by name, because to leave it out would
 * give other ids.
 *
 * @see <a href="https://huggingface.co/docs/tokenizers/components">the components</a>
 */
final class JsonTokenizer {
  /** Twice the largest published file. */
  static final JsonLimits LIMITS = JsonLimits.DEFAULT.withBytes(64L << 20);

  private final String file;
  private final JsonObject root;
  private final Optional<JsonObject> config;

  private JsonTokenizer(String file, JsonObject root, Optional<JsonObject> config) {
    this.file = file;
    this.root = root;
    this.config = config;
  }

  static Tokenizer read(String file, byte[] json, Optional<JsonObject> config)
      throws ModelFormatException {
    try {
      return new JsonTokenizer(file, JsonReader.readObject(json, LIMITS), config).read();
    } catch (JsonException e) {
      throw new ModelFormatException(file, String.valueOf(e.getMessage()));
    }
  }

  private Tokenizer read() throws JsonException, ModelFormatException {
    JsonObject model = root.object("model");
    JsonVocabulary vocabulary = JsonVocabulary.read(file, root, model);
    VocabularyDraft tokens = vocabulary.tokens();
    Normalizer normalizer =
        JsonNormalizers.read(new JsonComponents(file), root.findObject("normalizer"));
    JsonSplitting splitting =
        JsonSplitting.read(new JsonComponents(file), root.findObject("pre_tokenizer"));
    Set<Integer> end = endTokens(tokens);
    JsonModels models = new JsonModels(file, model, vocabulary, end);
    Splitter splitter = splitting.splitter();
    TokenModel made = models.read(splitting.byteLevel());
    List<AddedToken> added = vocabulary.added(); // after the model has said what is unknown
    if (made instanceof BytePairEncoding && !splitting.byteLevel()) {
      splitter = splitter.then(SpacePieces.of(tokens.names().list()));
    }
    OptionalInt bos = bos(tokens);
    JsonDecoding decoding = JsonDecoding.read(file, root.findObject("decoder"));
    TokenTable.Roles roles = new TokenTable.Roles(bos, addsBos(tokens, bos), closing(tokens), end);
    TokenTable table = tokens.table(TokenBytes.of(decoding.bytes(tokens)), roles);
    return new TokenizerPipeline(
        added,
        new Stages(normalizer, splitting.preparation(), splitter, made),
        new Detokenizer(table, decoding.leading(), decoding.byteFallback()));
  }

  private Set<Integer> endTokens(VocabularyDraft tokens)
      throws JsonException, ModelFormatException {
    Set<Integer> named = new HashSet<>();
    OptionalInt eos = configured(tokens, "eos_token");
    eos.ifPresent(named::add);
    return tokens.endTokens(named);
  }

  private OptionalInt bos(VocabularyDraft tokens) throws JsonException, ModelFormatException {
    OptionalInt bos = configured(tokens, "bos_token");
    Optional<String> first = bos.isPresent() ? Optional.empty() : ofTemplate(Side.FRONT);
    return first.isPresent() ? OptionalInt.of(id(tokens, "post_processor", first.get())) : bos;
  }

  private boolean addsBos(VocabularyDraft tokens, OptionalInt bos)
      throws JsonException, ModelFormatException {
    if (bos.isEmpty()) {
      return false;
    }
    if (config.isPresent() && config.get().find("add_bos_token").isPresent()) {
      return config.get().bool("add_bos_token", false);
    }
    Optional<String> first = ofTemplate(Side.FRONT);
    return first.isPresent() && tokens.name(bos.getAsInt()).equals(first.get());
  }

  private OptionalInt closing(VocabularyDraft tokens) throws JsonException, ModelFormatException {
    if (config.isPresent() && config.get().find("add_eos_token").isPresent()) {
      return config.get().bool("add_eos_token", false)
          ? configured(tokens, "eos_token")
          : OptionalInt.empty();
    }
    Optional<String> last = ofTemplate(Side.BEHIND);
    return last.isPresent()
        ? OptionalInt.of(id(tokens, "post_processor", last.get()))
        : OptionalInt.empty();
  }

  /** Where a post-processor puts a token. */
  private enum Side {
    FRONT("cls"),
    BEHIND("sep");

    /** What BertProcessing and RobertaProcessing call the token there. */
    private final String role;

    Side(String role) {
      this.role = role;
    }
  }

  /** The token that the post-processor puts on one side of every text. */
  private Optional<String> ofTemplate(Side side) throws JsonException {
    Optional<JsonObject> processor = root.findObject("post_processor");
    if (processor.isEmpty()) {
      return Optional.empty();
    }
    for (JsonObject part : JsonComponents.parts(processor.get(), "processors")) {
      List<JsonObject> single = part.objects("single");
      if (!single.isEmpty()) {
        JsonObject outer = side == Side.FRONT ? single.getFirst() : single.getLast();
        Optional<JsonObject> special = outer.findObject("SpecialToken");
        return special.isPresent() ? Optional.of(special.get().string("id")) : Optional.empty();
      }
      if (part.find(side.role).isPresent()) { // BertProcessing, RobertaProcessing: ["[CLS]", 101]
        return part.array(side.role).getFirst() instanceof ai.kolm.json.Json.Str name
            ? Optional.of(name.value())
            : Optional.empty();
      }
    }
    return Optional.empty();
  }

  /** A token that tokenizer_config.json names, as a string or as an object with {@code content}. */
  private OptionalInt configured(VocabularyDraft tokens, String key)
      throws JsonException, ModelFormatException {
    if (config.isEmpty() || config.get().find(key).isEmpty()) {
      return OptionalInt.empty();
    }
    boolean object = config.get().get(key) instanceof ai.kolm.json.Json.Obj;
    String name = object ? config.get().object(key).string("content") : config.get().string(key);
    return OptionalInt.of(id(tokens, key, name));
  }

  private int id(VocabularyDraft tokens, String key, String name) throws ModelFormatException {
    int id = tokens.find(name);
    if (id < 0 || tokens.kind(id) == Kind.UNUSED) {
      throw new ModelFormatException(file, "%s: \"%s\" is no token".formatted(key, name));
    }
    return id;
  }
}
