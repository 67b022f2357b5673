package ai.kolm.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.BitSet;
import java.util.List;

/** Cuts text in front of U+2581, the mark that SentencePiece vocabularies write for a space. */
final class SpacePieces implements Splitter {
  /** Cuts in front of every mark. */
  static final Splitter EACH = new SpacePieces(new BitSet());

  private static final byte[] MARK = Normalizers.SPACE_MARK.getBytes(UTF_8);

  /** The code points that some token has in front of a mark. */
  private final BitSet joined;

  private SpacePieces(BitSet joined) {
    this.joined = joined;
  }

  /**
   * Cuts wherever no token can lie across, so that byte-pair encoding gives the same for the pieces
   * as for the whole: in front of a mark, unless some token has the character before it and the
   * mark side by side. Words are then short, and known from before.
   *
   * @param tokens the texts that merging can give
   */
  static Splitter of(List<String> tokens) {
    if (!tokens.contains(Normalizers.SPACE_MARK)) {
      return WordRuns.WHOLE; // an unknown mark may be one token with the unknown before it
    }
    BitSet joined = new BitSet();
    char mark = Normalizers.SPACE_MARK.charAt(0);
    for (String name : tokens) {
      for (int at = name.indexOf(mark, 1); at > 0; at = name.indexOf(mark, at + 1)) {
        joined.set(name.codePointBefore(at));
      }
    }
    return new SpacePieces(joined);
  }

  @Override
  public void split(byte[] text, int from, int to, Words words) {
    int start = from;
    for (int at = from + 1; at <= to - MARK.length; at++) {
      if (text[at] == MARK[0]
          && text[at + 1] == MARK[1]
          && text[at + 2] == MARK[2]
          && !joined.get(Utf8.codePoint(text, Utf8.previous(text, at)))) {
        words.word(text, start, at);
        start = at;
      }
    }
    words.word(text, start, to);
  }
}
