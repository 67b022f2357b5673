package ai.kolm.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.tokenizer.Detokenizer.Leading;
import ai.kolm.tokenizer.TokenizerPipeline.Stages;
import ai.kolm.tokenizer.Vocabulary.Kind;
import ai.kolm.weights.ModelFormatException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Byte-level byte-pair encoding from GGUF: {@code tokenizer.ggml.model} is {@code gpt2}. */
final class GgufByteLevel {
  private GgufByteLevel() {}

  static Tokenizer read(GgufTokenizer file) throws ModelFormatException {
    VocabularyDraft tokens = file.tokens();
    GgufSplitting splitting = GgufSplitting.named(file.metadata());
    ByteIndex whole = splitting.wholeWords() ? wholeWords(tokens) : null;
    TokenModel model = new BytePairEncoding(symbols(tokens), MergeRules.read(file), whole);
    List<AddedToken> added = tokens.added();
    TokenTable table = file.table(bytes(tokens), "bos", splitting.addsBos());
    return new TokenizerPipeline(
        added,
        new Stages(splitting.normalizer(), Normalizer.NONE, splitting.splitter(), model),
        new Detokenizer(table, Leading.KEEP, false));
  }

  /** The token of each byte, -1 where the vocabulary has none. */
  static Symbols symbols(VocabularyDraft tokens) {
    int[] ids = new int[256];
    for (int b = 0; b < ids.length; b++) {
      int id = tokens.find(ByteLevel.name(b));
      ids[b] = id >= 0 && tokens.isText(id) ? id : -1;
    }
    return new ByteSymbols(ids);
  }

  /** The tokens that a whole word can be. */
  static @Nullable ByteIndex wholeWords(VocabularyDraft tokens) {
    ByteIndex index = new ByteIndex(tokens.size());
    for (int id = 0; id < tokens.size(); id++) {
      if (tokens.kind(id) == Kind.NORMAL) {
        index.add(ByteLevel.bytes(tokens.name(id)), id);
      }
    }
    return index;
  }

  /** What the tokens stand for: byte-level names, except those found in text as it stands. */
  static byte[][] bytes(VocabularyDraft tokens) {
    byte[][] bytes = new byte[tokens.size()][];
    for (int id = 0; id < bytes.length; id++) {
      String name = tokens.name(id);
      boolean plain = tokens.kind(id) == Kind.CONTROL || tokens.kind(id) == Kind.USER_DEFINED;
      bytes[id] = plain ? name.getBytes(UTF_8) : ByteLevel.bytes(name);
    }
    return bytes;
  }
}
