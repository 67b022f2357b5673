package ai.kolm.tokenizer;

/**
 * From ids to text: the bytes of the tokens one after the other, decoded. Immutable.
 *
 * @param table the bytes
 * @param leading what happens to a space at the very start
 * @param byteFallback whether a run of byte tokens is decoded on its own, each of its bytes
 *     becoming U+FFFD if any of it is ill-formed
 */
record Detokenizer(TokenTable table, Leading leading, boolean byteFallback) {

  /** What happens to spaces at the start of the text, which encoding may have put there. */
  enum Leading {
    /** They stay. */
    KEEP,
    /** The first is dropped. */
    DROP_ONE,
    /** Those that the first token begins with are dropped. */
    DROP_OF_FIRST_TOKEN;

    /** How many bytes of the first token with any are dropped. */
    int dropped(byte[] text, int from, int to) {
      int at = from;
      int most = this == KEEP ? 0 : this == DROP_ONE ? 1 : to - from;
      while (at < to && at - from < most && text[at] == ' ') {
        at++;
      }
      return at - from;
    }
  }

  /**
   * The text of {@code ids}.
   *
   * @throws IndexOutOfBoundsException if one is no token
   */
  String decode(int[] ids) {
    byte[] data = table.data();
    ByteBuilder text = new ByteBuilder(4 * ids.length);
    boolean started = false;
    for (int i = 0; i < ids.length; i++) {
      int from = table.start(ids[i]);
      int to = table.end(ids[i]);
      if (!started && from < to) {
        started = true;
        from += leading.dropped(data, from, to);
      }
      if (byteFallback && table.kind(ids[i]) == Vocabulary.Kind.BYTE) {
        i = decodeRun(ids, i, text);
      } else {
        text.append(data, from, to);
      }
    }
    return Utf8.decode(text.array(), 0, text.size(), false);
  }

  /** Appends the byte tokens from {@code i} on; returns the last one's place. */
  private int decodeRun(int[] ids, int i, ByteBuilder text) {
    ByteBuilder run = new ByteBuilder(16);
    int at = i;
    while (at < ids.length && table.kind(ids[at]) == Vocabulary.Kind.BYTE) {
      run.append(table.data(), table.start(ids[at]), table.end(ids[at]));
      at++;
    }
    if (Utf8.wellFormed(run.array(), 0, run.size())) {
      text.append(run.array(), 0, run.size());
    } else {
      Utf8.replace(text, run.size());
    }
    return at - 1;
  }

  /** A decoder for tokens that arrive one by one. */
  TokenDecoder stream() {
    return new Stream(this, 0, 0, false);
  }

  /**
   * Holds back at most the three bytes that may begin a character. So it gives what {@link #decode}
   * gives, except for byte tokens that are not UTF-8: there it has let whole characters go before
   * it can know that the run they are in goes wrong.
   */
  private static final class Stream implements TokenDecoder {
    private final Detokenizer rules;
    private int held;
    private int heldCount;
    private boolean started;

    Stream(Detokenizer rules, int held, int heldCount, boolean started) {
      this.rules = rules;
      this.held = held;
      this.heldCount = heldCount;
      this.started = started;
    }

    @Override
    public String next(int id) {
      TokenTable table = rules.table;
      byte[] data = table.data();
      int from = table.start(id);
      int to = table.end(id);
      if (!started && from < to) {
        started = true;
        from += rules.leading.dropped(data, from, to);
      }
      if (heldCount == 0) {
        return release(data, from, to);
      }
      byte[] joined = new byte[heldCount + to - from];
      int count = unpack(joined);
      System.arraycopy(data, from, joined, count, to - from);
      return release(joined, 0, joined.length);
    }

    private String release(byte[] bytes, int from, int to) {
      int end = to - Utf8.unfinished(bytes, from, to);
      held = 0;
      heldCount = to - end;
      for (int i = end; i < to; i++) {
        held = held << Byte.SIZE | (bytes[i] & 0xFF);
      }
      return from == end ? "" : Utf8.decode(bytes, from, end, rules.byteFallback);
    }

    /** Writes the bytes held back; returns how many. */
    private int unpack(byte[] bytes) {
      for (int i = 0; i < heldCount; i++) {
        bytes[i] = (byte) (held >>> (Byte.SIZE * (heldCount - 1 - i)));
      }
      return heldCount;
    }

    @Override
    public String finish() {
      if (heldCount == 0) {
        return "";
      }
      byte[] bytes = new byte[heldCount];
      unpack(bytes);
      heldCount = 0;
      return Utf8.decode(bytes, 0, bytes.length, rules.byteFallback);
    }

    @Override
    public TokenDecoder fork() {
      return new Stream(rules, held, heldCount, started);
    }
  }
}
