package ai.kolm.tokenizer;

/**
 * Splitters that cut out runs of one class of characters and leave what lies between them whole.
 */
final class WordRuns {
  /** {@code \p{N}}: each number character is a word. */
  static final WordScanner EACH_NUMBER = new Runs(CodePoints.NUMBER, 1, false);

  private WordRuns() {}

  /**
   * {@code \s?[classes]{1,most}}, with or without the space in front.
   *
   * @param classes of {@link CodePoints}
   */
  private record Runs(int classes, int most, boolean spaceInFront) implements WordScanner {
    @Override
    public int end(byte[] text, int from, int to) {
      int at = from;
      int start = start(text, at, to);
      while (start < 0) {
        at = Utf8.next(text, at);
        if (at == to) {
          return to;
        }
        start = start(text, at, to);
      }
      if (at > from) {
        return at;
      }
      int end = start;
      for (int n = 0; n < most && end < to && in(text, end); n++) {
        end = Utf8.next(text, end);
      }
      return end;
    }

    /** Where the run starts of a match at {@code at}; -1 if there is no match. */
    private int start(byte[] text, int at, int to) {
      if (in(text, at)) {
        return at;
      }
      if (spaceInFront && (CodePoints.at(text, at) & CodePoints.SPACE) != 0) {
        int next = Utf8.next(text, at);
        return next < to && in(text, next) ? next : -1;
      }
      return -1;
    }

    private boolean in(byte[] text, int at) {
      return (CodePoints.at(text, at) & classes) != 0;
    }
  }
}
