package ai.kolm.server;

import ai.kolm.server.receipt.ExchangeReceipt;
import java.nio.charset.StandardCharsets;

/** Answers as bytes, for when there is no request that the HTTP library could answer. */
final class RawAnswer {
  /** Asks a client of a plain answer to go on waiting; clients skip it. */
  static final byte[] CONTINUE =
      "HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private RawAnswer() {}

  /**
   * A complete answer, after which the connection is closed.
   *
   * @param receipt of nothing but this answer
   */
  static byte[] of(ErrorAnswer answer, ExchangeReceipt receipt) {
    answer.describe(receipt);
    String body = new String(answer.error().toBytes(), StandardCharsets.UTF_8);
    String head =
        """
        HTTP/1.1 %d Error
        Content-Type: application/json
        Content-Length: %d
        Connection: close
        x-request-id: %s
        x-kolm-receipt: %s
        openai-version: %s

        """
            .formatted(
                answer.status(),
                body.length(),
                receipt.id(),
                receipt.plain(answer.status(), answer.error().toBytes()),
                Exchange.API_VERSION);
    return (head.replace("\n", "\r\n") + body).getBytes(StandardCharsets.UTF_8);
  }
}
