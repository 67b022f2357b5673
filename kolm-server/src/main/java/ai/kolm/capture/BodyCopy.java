package ai.kolm.capture;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/**
 * The copy of a body, up to a limit. What comes after it is counted only. One thread writes; who
 * reads later has to be told by other means that it is complete.
 */
final class BodyCopy {
  private final CaptureBudget budget;
  private final int limit;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(1024);
  private long length;
  private boolean truncated;
  private boolean dropped;

  BodyCopy(CaptureBudget budget, int limit) {
    this.budget = budget;
    this.limit = limit;
  }

  /** Copies what remains of {@code buffer}, which is left as it is. */
  void add(ByteBuffer buffer) {
    byte[] piece = new byte[buffer.remaining()];
    buffer.duplicate().get(piece);
    add(piece, 0, piece.length);
  }

  void add(byte[] from, int offset, int count) {
    length += count;
    if (truncated || dropped) {
      return;
    }
    if (bytes.size() + count > limit) {
      truncated = true;
    } else if (budget.takeBytes(count)) {
      bytes.write(from, offset, count);
    } else {
      dropped = true;
    }
  }

  byte[] bytes() {
    return bytes.toByteArray();
  }

  /** Bytes of the body, whether they were copied or not. */
  long length() {
    return length;
  }

  /** Bytes that were taken from the budget. */
  int copied() {
    return bytes.size();
  }

  /** Whether the body is longer than the limit. */
  boolean truncated() {
    return truncated;
  }

  /** Whether the budget was used up. */
  boolean dropped() {
    return dropped;
  }
}
