package ai.kolm.server.receipt;

import static java.nio.charset.StandardCharsets.US_ASCII;

import ai.kolm.receipt.ReceiptHash;
import java.util.Arrays;

/**
 * Hashes the data of server-sent events as their bytes pass: each line of data and a line feed, but
 * neither {@code [DONE]} nor comments. Keeps a few bytes of a line, however long it is.
 */
final class SseDataHash {
  private static final byte[] FIELD = "data:".getBytes(US_ASCII);
  private static final byte[] DONE = "[DONE]".getBytes(US_ASCII);
  private static final byte[] LINE_END = {'\n'};
  private static final int HELD = DONE.length + 2;

  private final ReceiptHash hash;
  private final byte[] held = new byte[HELD];
  private int inLine;
  private int heldCount;
  private boolean data = true;
  private boolean passing;

  SseDataHash(ReceiptHash hash) {
    this.hash = hash;
  }

  /** Takes the next bytes of the stream. */
  void add(byte[] bytes) {
    int from = 0;
    for (int i = 0; i < bytes.length; i++) {
      if (passing) {
        if (bytes[i] == '\n' || bytes[i] == '\r') {
          hash.add(Arrays.copyOfRange(bytes, from, i));
          endLine();
          from = i + 1;
        }
      } else {
        step(bytes[i]);
        from = i + 1;
      }
    }
    if (passing && from < bytes.length) {
      hash.add(Arrays.copyOfRange(bytes, from, bytes.length));
    }
  }

  /** A byte of a line of which it is not decided yet whether it counts. */
  private void step(byte b) {
    if (b == '\n' || b == '\r') {
      endLine();
      return;
    }
    if (inLine < FIELD.length) {
      data = data && b == FIELD[inLine];
    } else if (data && !(inLine == FIELD.length && b == ' ')) {
      held[heldCount++] = b;
      if (heldCount == HELD) {
        hash.add(held.clone());
        passing = true;
      }
    }
    inLine++;
  }

  private void endLine() {
    boolean whole = data && inLine >= FIELD.length;
    if (passing) {
      hash.add(LINE_END);
    } else if (whole && !Arrays.equals(held, 0, heldCount, DONE, 0, DONE.length)) {
      hash.add(Arrays.copyOf(held, heldCount));
      hash.add(LINE_END);
    }
    inLine = 0;
    heldCount = 0;
    data = true;
    passing = false;
  }
}
