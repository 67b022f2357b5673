package ai.kolm.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.tokenizer.Detokenizer.Leading;
import ai.kolm.tokenizer.TokenizerPipeline.Stages;
import ai.kolm.weights.ModelFormatException;

/**
 * WordPiece from GGUF: {@code tokenizer.ggml.model} is {@code bert}. A token that starts a word is
 * written with U+2581 in front, one that continues it without.
 */
final class GgufWordPiece {
  /** As in every published vocabulary; the file does not say. */
  private static final int MAX_CHARACTERS = 100;

  private GgufWordPiece() {}

  static Tokenizer read(GgufTokenizer file) throws ModelFormatException {
    VocabularyDraft tokens = file.tokens();
    int unknown = file.unknown();
    if (unknown < 0) {
      throw tokens.fault("tokenizer.ggml.unknown_token_id: expected a token, got none");
    }
    WordPiece model = new WordPiece(unknown, MAX_CHARACTERS);
    byte[][] texts = new byte[tokens.size()][];
    for (int id = 0; id < texts.length; id++) {
      String name = tokens.name(id);
      boolean start = name.startsWith(Normalizers.SPACE_MARK) && name.length() > 1;
      String text = start ? name.substring(1) : name;
      if (tokens.isText(id) && !name.isEmpty()) {
        model.add(text, id, !start);
      }
      String prefix = start || !tokens.isText(id) ? "" : "##";
      texts[id] = WordPieceDecoding.text(prefix + text, "##", true).getBytes(UTF_8);
    }
    boolean lowercase = file.flag("normalizer.lowercase", true);
    boolean stripAccents = file.flag("normalizer.strip_accents", lowercase);
    String first = file.id("bos").isPresent() ? "bos" : "cls";
    TokenTable table = file.table(TokenBytes.of(texts), first, true);
    return new TokenizerPipeline(
        tokens.added(),
        new Stages(
            BertNormalizer.of(true, true, stripAccents, lowercase),
            Normalizers.NONE,
            BertNormalizer::split,
            model),
        new Detokenizer(table, Leading.DROP_ONE, false));
  }
}
