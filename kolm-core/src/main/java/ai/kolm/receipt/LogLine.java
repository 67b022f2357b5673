package ai.kolm.receipt;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.HexFormat;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * A line of the audit log: {@code K1}, the CRC-32C of the receipt in eight hexadecimal digits, and
 * the receipt, separated by spaces. The checksum tells a damaged line from a forged one.
 */
final class LogLine {
  /** The longest line, its end included. */
  static final int MAX_LENGTH = Jws.MAX_LENGTH + 16;

  private static final String MAGIC = "K1 ";
  private static final int HEAD = 12;

  private LogLine() {}

  /** The line of a receipt, with its end. */
  static String of(String jws) {
    return MAGIC + checksum(jws) + " " + jws + "\n";
  }

  private static String checksum(String jws) {
    CRC32C crc = new CRC32C();
    crc.update(jws.getBytes(US_ASCII));
    return HexFormat.of().toHexDigits((int) crc.getValue());
  }

  /** The receipt of a line without its end; empty if the line is damaged. */
  static Optional<String> parse(String line) {
    if (line.length() <= HEAD || line.length() >= MAX_LENGTH) {
      return Optional.empty();
    }
    String jws = line.substring(HEAD);
    return line.startsWith(MAGIC + checksum(jws) + " ") ? Optional.of(jws) : Optional.empty();
  }
}
