package ai.kolm.tokenizer;

import java.util.List;
import java.util.Map;

/** What the tokens of WordPiece stand for in text that is put together again. */
final class WordPieceDecoding {
  /** In this order; each token is cleaned on its own. */
  private static final List<Map.Entry<String, String>> CLEANUP =
      List.of(
          Map.entry(" .", "."),
          Map.entry(" ?", "?"),
          Map.entry(" !", "!"),
          Map.entry(" ,", ","),
          Map.entry(" ' ", "'"),
          Map.entry(" n't", "n't"),
          Map.entry(" 'm", "'m"),
          Map.entry(" do not", " don't"),
          Map.entry(" 's", "'s"),
          Map.entry(" 've", "'ve"),
          Map.entry(" 're", "'re"));

  private WordPieceDecoding() {}

  /** The text of a token behind another: a continuation goes on, anything else is a new word. */
  static String text(String name, String prefix, boolean cleanup) {
    String text = name.startsWith(prefix) ? name.substring(prefix.length()) : " " + name;
    if (cleanup) {
      for (Map.Entry<String, String> rule : CLEANUP) {
        text = text.replace(rule.getKey(), rule.getValue());
      }
    }
    return text;
  }
}
