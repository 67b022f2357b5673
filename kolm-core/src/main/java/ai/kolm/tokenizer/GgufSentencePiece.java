package ai.kolm.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.tokenizer.Detokenizer.Leading;
import ai.kolm.tokenizer.Normalizers.Prepend;
import ai.kolm.tokenizer.TokenizerPipeline.Stages;
import ai.kolm.tokenizer.Vocabulary.Kind;
import ai.kolm.weights.ModelFormatException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * SentencePiece vocabularies from GGUF: {@code tokenizer.ggml.model} is {@code llama} (byte-pair
 * encoding by scores), {@code gemma4} (by merges) or {@code t5} (Unigram). Spaces are written as
 * U+2581, and characters without a token as bytes.
 */
final class GgufSentencePiece {
  private static final byte[] MARK = Normalizers.SPACE_MARK.getBytes(UTF_8);

  private final GgufTokenizer file;
  private final VocabularyDraft tokens;
  private final boolean spaceInFront;

  private GgufSentencePiece(GgufTokenizer file, boolean spaceInFront) throws ModelFormatException {
    this.file = file;
    this.tokens = file.tokens();
    this.spaceInFront = file.flag("add_space_prefix", spaceInFront);
  }

  /** Merges in the order of scores. */
  static Tokenizer scored(GgufTokenizer file) throws ModelFormatException {
    GgufSentencePiece reader = new GgufSentencePiece(file, true);
    ScoredMerges merges = new ScoredMerges(reader.tokens, reader.scores());
    return reader.bytePairs(
        merges.table(), merges.spaceRuns(), SpacePieces.of(merges.texts()), true);
  }

  /** Merges as the file lists them. */
  static Tokenizer merged(GgufTokenizer file) throws ModelFormatException {
    GgufSentencePiece reader = new GgufSentencePiece(file, false);
    return reader.bytePairs(
        MergeRules.read(file), List.of(), SpacePieces.of(reader.tokens.names().list()), false);
  }

  private Tokenizer bytePairs(
      MergeTable merges, List<AddedToken> spaceRuns, Splitter splitter, boolean addsBos)
      throws ModelFormatException {
    Symbols symbols = new CharacterSymbols(characters(), bytes(), file.unknown(), true);
    TokenModel model = new BytePairEncoding(symbols, merges, null);
    List<AddedToken> added = new ArrayList<>();
    for (AddedToken token : tokens.added()) {
      if (spaceRuns.stream().noneMatch(run -> run.id() == token.id())) {
        added.add(strips(token) ? token.withStrip(false, true) : token);
      }
    }
    added.addAll(spaceRuns);
    Normalizer preparation =
        Normalizers.markSpaces()
            .then(Normalizers.prepend(MARK, spaceInFront ? Prepend.ALWAYS : Prepend.NEVER));
    return pipeline(added, Normalizers.NONE, preparation, splitter, model, addsBos);
  }

  /** Unigram, with the normalization that the file carries. */
  static Tokenizer unigram(GgufTokenizer file) throws ModelFormatException {
    GgufSentencePiece reader = new GgufSentencePiece(file, true);
    return reader.unigram();
  }

  private Tokenizer unigram() throws ModelFormatException {
    Unigram model = new Unigram(tokens.size(), file.unknown(), bytes());
    float[] scores = scores();
    for (int id = 0; id < tokens.size(); id++) {
      if (tokens.kind(id) == Kind.NORMAL || tokens.kind(id) == Kind.USER_DEFINED) {
        model.add(tokens.name(id), id, scores[id]);
      }
    }
    Normalizer normalizer = Normalizers.NONE;
    byte[] table = characterMap();
    if (table.length > 0) {
      normalizer = CharacterMap.read(tokens.file(), table);
    }
    if (file.flag("remove_extra_whitespaces", false)) {
      normalizer =
          normalizer
              .then(Normalizers.strip(true, true))
              .then(Normalizers.collapseSpaces(new byte[] {' '}));
    }
    Normalizer preparation =
        Normalizers.markSpaces()
            .then(Normalizers.prepend(MARK, spaceInFront ? Prepend.ALWAYS : Prepend.NEVER));
    List<AddedToken> added = new ArrayList<>();
    for (AddedToken token : tokens.added()) {
      added.add(token.content().equals("<mask>") ? token.withStrip(true, false) : token);
    }
    return pipeline(added, normalizer, preparation, SpacePieces.EACH, model, false);
  }

  private Tokenizer pipeline(
      List<AddedToken> added,
      Normalizer normalizer,
      Normalizer preparation,
      Splitter splitter,
      TokenModel model,
      boolean addsBos)
      throws ModelFormatException {
    TokenTable table = file.table(TokenBytes.of(texts()), "bos", addsBos);
    return new TokenizerPipeline(
        added,
        new Stages(normalizer, preparation, splitter, model),
        new Detokenizer(table, spaceInFront ? Leading.DROP_ONE : Leading.KEEP, true));
  }

  private float[] scores() throws ModelFormatException {
    float[] scores = file.metadata().floats(GgufTokenizer.SCORES);
    if (scores.length != tokens.size()) {
      throw tokens.fault(
          "%s: %,d tokens have %,d scores"
              .formatted(GgufTokenizer.SCORES, tokens.size(), scores.length));
    }
    for (int id = 0; id < scores.length; id++) {
      if (!Float.isFinite(scores[id])) {
        throw tokens.fault(
            "%s/%d: expected a number, got %s".formatted(GgufTokenizer.SCORES, id, scores[id]));
      }
    }
    return scores;
  }

  private byte[] characterMap() throws ModelFormatException {
    long[] values = file.metadata().integers("tokenizer.ggml.precompiled_charsmap");
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }

  /** In Phi-3, special tokens take the white space behind them along; the file does not say so. */
  private boolean strips(AddedToken token) throws ModelFormatException {
    String model = file.metadata().findString("general.name").orElse("").toLowerCase(Locale.ROOT);
    boolean phi3 = model.contains("phi-3") || model.contains("phi3");
    return phi3
        && token.special()
        && !List.of("<unk>", "<s>", "<|endoftext|>").contains(token.content());
  }

  private ByteIndex characters() {
    ByteIndex characters = new ByteIndex(tokens.size());
    for (int id = 0; id < tokens.size(); id++) {
      String name = tokens.name(id);
      if (tokens.isText(id) && !name.isEmpty() && name.codePointCount(0, name.length()) == 1) {
        characters.add(name.getBytes(UTF_8), id);
      }
    }
    return characters;
  }

  private int[] bytes() throws ModelFormatException {
    for (int id = 0; id < tokens.size(); id++) {
      if (tokens.kind(id) == Kind.BYTE && ByteFallback.value(tokens.name(id)) < 0) {
        throw tokens.fault(
            "%s/%d: expected <0x00> to <0xFF>, got \"%s\""
                .formatted(GgufTokenizer.TOKENS, id, tokens.name(id)));
      }
    }
    return ByteFallback.tokens(tokens);
  }

  /** What the tokens stand for. */
  private byte[][] texts() {
    byte[][] texts = new byte[tokens.size()][];
    for (int id = 0; id < texts.length; id++) {
      String name = tokens.name(id);
      texts[id] =
          tokens.kind(id) == Kind.BYTE
              ? new byte[] {(byte) ByteFallback.value(name)}
              : name.replace(Normalizers.SPACE_MARK, " ").getBytes(UTF_8);
    }
    return texts;
  }
}
