package ai.kolm.tokenizer;

import ai.kolm.tokenizer.Vocabulary.Kind;
import ai.kolm.weights.Metadata;
import ai.kolm.weights.ModelFormatException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Reads the {@code tokenizer.ggml.*} keys of a GGUF file: the tokens, their kinds and roles here,
 * the rest in a class per model.
 *
 * @see <a href="https://github.com/ggml-org/ggml/blob/master/docs/gguf.md#tokenizer">the
 *     specification</a>
 */
final class GgufTokenizer {
  static final String TOKENS = "tokenizer.ggml.tokens";
  static final String SCORES = "tokenizer.ggml.scores";
  static final String MERGES = "tokenizer.ggml.merges";
  private static final String MODEL = "tokenizer.ggml.model";
  private static final String PREFIX = "tokenizer.ggml.";

  /** By the numbers that {@code tokenizer.ggml.token_type} uses, from 1. */
  private static final Kind[] KINDS = {
    Kind.NORMAL, Kind.UNKNOWN, Kind.CONTROL, Kind.USER_DEFINED, Kind.UNUSED, Kind.BYTE
  };

  private final Metadata metadata;
  private final VocabularyDraft tokens;
  private final Set<Integer> end;

  private GgufTokenizer(Metadata metadata, TokenNames names) throws ModelFormatException {
    this.metadata = metadata;
    tokens = new VocabularyDraft(metadata.file(), TOKENS, names, kinds(names.size()));
    Set<Integer> named = new HashSet<>();
    for (String role : List.of("eos", "eot", "eom")) {
      id(role).ifPresent(named::add);
    }
    end = tokens.endTokens(named);
  }

  static Tokenizer read(Metadata metadata) throws ModelFormatException {
    String model = metadata.string(MODEL);
    return switch (model) {
      case "gpt2" -> byteLevel(metadata);
      case "llama" -> GgufSentencePiece.scored(withStrings(metadata));
      case "gemma4" -> GgufSentencePiece.merged(withStrings(metadata));
      case "t5" -> GgufSentencePiece.unigram(withStrings(metadata));
      case "bert" -> GgufWordPiece.read(withStrings(metadata));
      default ->
          throw new ModelFormatException(
              metadata.file(),
              "%s: expected gpt2, llama, gemma4, t5 or bert, got %s".formatted(MODEL, model));
    };
  }

  private static Tokenizer byteLevel(Metadata metadata) throws ModelFormatException {
    Utf8Names names = new Utf8Names(metadata.texts(TOKENS));
    return GgufByteLevel.read(new GgufTokenizer(metadata, names), names);
  }

  private static GgufTokenizer withStrings(Metadata metadata) throws ModelFormatException {
    return new GgufTokenizer(metadata, new NameIndex(metadata.strings(TOKENS)));
  }

  private Kind[] kinds(int size) throws ModelFormatException {
    String key = PREFIX + "token_type";
    long[] types = metadata.integers(key);
    Kind[] kinds = new Kind[types.length == 0 ? size : types.length];
    Arrays.fill(kinds, Kind.NORMAL);
    for (int id = 0; id < types.length; id++) {
      if (types[id] < 1 || types[id] > KINDS.length) {
        throw new ModelFormatException(
            metadata.file(),
            "%s/%d: expected 1 to %d, got %d".formatted(key, id, KINDS.length, types[id]));
      }
      kinds[id] = KINDS[(int) types[id] - 1];
    }
    return kinds;
  }

  Metadata metadata() {
    return metadata;
  }

  VocabularyDraft tokens() {
    return tokens;
  }

  /** The id in {@code tokenizer.ggml.ROLE_token_id}. */
  OptionalInt id(String role) throws ModelFormatException {
    String key = PREFIX + role + "_token_id";
    OptionalLong id = metadata.findInteger(key);
    return id.isEmpty() ? OptionalInt.empty() : OptionalInt.of(tokens.checked(key, id.getAsLong()));
  }

  /** The token for text without a token; -1 for none. */
  int unknown() throws ModelFormatException {
    return tokens.unknown(id("unknown").orElse(-1), end);
  }

  /** The flag {@code tokenizer.ggml.NAME}. */
  boolean flag(String name, boolean fallback) throws ModelFormatException {
    return metadata.findBoolean(PREFIX + name).orElse(fallback);
  }

  /** The finished vocabulary. */
  TokenTable table(TokenBytes bytes, String bosRole, boolean addsBos) throws ModelFormatException {
    OptionalInt closing = flag("add_eos_token", false) ? id("eos") : OptionalInt.empty();
    return tokens.table(
        bytes, new TokenTable.Roles(id(bosRole), flag("add_bos_token", addsBos), closing, end));
  }
}
