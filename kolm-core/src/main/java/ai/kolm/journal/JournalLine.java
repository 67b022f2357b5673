package ai.kolm.journal;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * A line of a journal: {@code K1}, the CRC-32C of the payload in eight hexadecimal digits, the
 * payload and a line feed, separated by spaces. {@code cut -c13-} leaves the payloads.
 */
final class JournalLine {
  /** Bytes before the payload. */
  static final int HEAD = 12;

  private static final char[] HEX = "0123456789abcdef".toCharArray();
  private static final int CRC_AT = 3;
  private static final int CRC_DIGITS = 8;

  private JournalLine() {}

  /**
   * The line of a payload, with its end.
   *
   * @throws IllegalArgumentException if the payload has a line feed in it
   */
  static byte[] of(byte[] payload) {
    byte[] line = new byte[HEAD + payload.length + 1];
    for (int i = 0; i < payload.length; i++) {
      if (payload[i] == '\n') {
        throw new IllegalArgumentException("a payload has no line feed, found one at byte " + i);
      }
      line[HEAD + i] = payload[i];
    }
    System.arraycopy(head(payload, 0, payload.length), 0, line, 0, HEAD);
    line[line.length - 1] = '\n';
    return line;
  }

  private static byte[] head(byte[] bytes, int from, int to) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, from, to - from);
    long value = crc.getValue();
    byte[] head = "K1 00000000 ".getBytes(US_ASCII);
    for (int i = 0; i < CRC_DIGITS; i++) {
      head[CRC_AT + i] = (byte) HEX[(int) (value >>> (28 - 4 * i)) & 15];
    }
    return head;
  }

  /** The payload of a line without its end; empty if the line is damaged. */
  static Optional<byte[]> parse(byte[] line, int length) {
    if (length < HEAD) {
      return Optional.empty();
    }
    byte[] head = head(line, HEAD, length);
    return Arrays.equals(head, 0, HEAD, line, 0, HEAD)
        ? Optional.of(Arrays.copyOfRange(line, HEAD, length))
        : Optional.empty();
  }
}
