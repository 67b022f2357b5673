package ai.kolm.server;

import java.nio.charset.StandardCharsets;
import java.util.UUID;

/** Answers as bytes, for when there is no request that the HTTP library could answer. */
final class RawAnswer {
  /** Asks a client of a plain answer to go on waiting; clients skip it. */
  static final byte[] CONTINUE =
      "HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private RawAnswer() {}

  static String requestId() {
    return "req_" + UUID.randomUUID().toString().replace("-", "");
  }

  /** A complete answer, after which the connection is closed. */
  static byte[] of(ErrorAnswer answer) {
    String body = new String(answer.error().toBytes(), StandardCharsets.UTF_8);
    String head =
        """
        HTTP/1.1 %d Error
        Content-Type: application/json
        Content-Length: %d
        Connection: close
        x-request-id: %s
        openai-version: %s

        """
            .formatted(answer.status(), body.length(), requestId(), Exchange.API_VERSION);
    return (head.replace("\n", "\r\n") + body).getBytes(StandardCharsets.UTF_8);
  }
}
