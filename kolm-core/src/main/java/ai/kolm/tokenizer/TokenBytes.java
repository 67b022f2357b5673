package ai.kolm.tokenizer;

/** What all tokens stand for, one behind the other. Not to be changed. */
final class TokenBytes {
  private final byte[] data;
  private final int[] starts;

  /**
   * @param data the bytes of all, and perhaps more
   * @param starts where those of each id start; at the end, where those of the last end
   */
  TokenBytes(byte[] data, int[] starts) {
    this.data = data;
    this.starts = starts;
  }

  static TokenBytes of(byte[][] tokens) {
    int[] starts = new int[tokens.length + 1];
    for (int id = 0; id < tokens.length; id++) {
      starts[id + 1] = Math.addExact(starts[id], tokens[id].length);
    }
    byte[] data = new byte[starts[tokens.length]];
    for (int id = 0; id < tokens.length; id++) {
      System.arraycopy(tokens[id], 0, data, starts[id], tokens[id].length);
    }
    return new TokenBytes(data, starts);
  }

  /** The bytes of all tokens: those of {@code id} from start to end. */
  byte[] data() {
    return data;
  }

  int start(int id) {
    return starts[id];
  }

  int end(int id) {
    return starts[id + 1];
  }
}
