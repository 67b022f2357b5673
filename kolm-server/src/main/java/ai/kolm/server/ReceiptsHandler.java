package ai.kolm.server;

import static java.nio.charset.StandardCharsets.US_ASCII;

import ai.kolm.receipt.ReceiptId;
import ai.kolm.receipt.ReceiptIssuer;
import ai.kolm.receipt.ReceiptIssuer.Found;
import ai.kolm.server.RefusedException.Reason;
import java.util.function.Supplier;

/** {@code GET /v1/receipts/{id}}, and the keys that verify receipts. */
final class ReceiptsHandler {
  private static final byte[] NOTHING_YET = "{\"status\":\"open\"}".getBytes(US_ASCII);

  private final Supplier<ReceiptIssuer> issuer;

  ReceiptsHandler(Supplier<ReceiptIssuer> issuer) {
    this.issuer = issuer;
  }

  void keys(Exchange exchange, String rest) throws Exception {
    exchange.answer(200, "application/jwk-set+json", issuer.get().keySet());
  }

  void get(Exchange exchange, String id) throws Exception {
    Found found = ReceiptId.isId(id) ? issuer.get().find(id) : new Found.Unknown();
    switch (found) {
      case Found.Receipt receipt ->
          exchange.answer(200, "application/jose", receipt.jws().getBytes(US_ASCII));
      case Found.Open _ -> {
        exchange.setHeader("retry-after", "1");
        exchange.answer(202, "application/json", NOTHING_YET);
      }
      case Found.Unknown _ ->
          throw new RefusedException(Reason.NOT_FOUND, "There is no such receipt.");
    }
  }
}
