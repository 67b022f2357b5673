package ai.kolm.tokenizer;

import ai.kolm.tokenizer.Detokenizer.Leading;
import ai.kolm.tokenizer.TokenizerPipeline.Stages;
import ai.kolm.tokenizer.Vocabulary.Kind;
import ai.kolm.weights.ModelFormatException;
import java.util.Arrays;
import java.util.List;

/** Byte-level byte-pair encoding from GGUF: {@code tokenizer.ggml.model} is {@code gpt2}. */
final class GgufByteLevel {
  private GgufByteLevel() {}

  static Tokenizer read(GgufTokenizer file, Utf8Names names) throws ModelFormatException {
    VocabularyDraft tokens = file.tokens();
    GgufSplitting splitting = GgufSplitting.named(file.metadata());
    MergeTable merges = MergeRules.read(file, names);
    TokenBytes bytes = bytes(tokens, names);
    ByteIndex whole = splitting.wholeWords() ? wholeWords(tokens, bytes) : null;
    TokenModel model = new BytePairEncoding(symbols(tokens), merges, whole);
    List<AddedToken> added = tokens.added();
    TokenTable table = file.table(bytes, "bos", splitting.addsBos());
    return new TokenizerPipeline(
        added,
        new Stages(splitting.normalizer(), Normalizers.NONE, splitting.splitter(), model),
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
  private static ByteIndex wholeWords(VocabularyDraft tokens, TokenBytes bytes) {
    ByteIndex index = new ByteIndex(tokens.size());
    for (int id = 0; id < tokens.size(); id++) {
      if (tokens.kind(id) == Kind.NORMAL) {
        index.add(Arrays.copyOfRange(bytes.data(), bytes.start(id), bytes.end(id)), id);
      }
    }
    return index;
  }

  /** What the tokens stand for: byte-level names, except those found in text as it stands. */
  private static TokenBytes bytes(VocabularyDraft tokens, Utf8Names names) {
    int count = tokens.size();
    byte[] data = new byte[names.end(count - 1)];
    int[] starts = new int[count + 1];
    for (int id = 0; id < count; id++) {
      boolean plain = tokens.kind(id) == Kind.CONTROL || tokens.kind(id) == Kind.USER_DEFINED;
      int from = names.start(id);
      int length = names.end(id) - from;
      int end =
          plain
              ? ByteLevel.NONE
              : ByteLevel.decode(names.bytes(), from, from + length, data, starts[id]);
      if (end == ByteLevel.NONE) {
        System.arraycopy(names.bytes(), from, data, starts[id], length);
        end = starts[id] + length;
      }
      starts[id + 1] = end;
    }
    return new TokenBytes(data, starts);
  }
}
