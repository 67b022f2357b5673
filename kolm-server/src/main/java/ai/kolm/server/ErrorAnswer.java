package ai.kolm.server;

import ai.kolm.server.receipt.ExchangeReceipt;
import ai.kolm.server.wire.ApiError;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How a failure is answered.
 *
 * @param status of HTTP
 * @param error the body
 * @param headers to be sent besides those of every answer
 * @param close whether the connection is of no use afterwards
 */
record ErrorAnswer(int status, ApiError error, Map<String, String> headers, boolean close) {
  ErrorAnswer {
    headers = Map.copyOf(headers);
  }

  /** This answer about another field. */
  ErrorAnswer withParam(String param) {
    return with(param, error.code());
  }

  /** This answer about another field, with another code. */
  ErrorAnswer with(String param, @Nullable String code) {
    return new ErrorAnswer(
        status, new ApiError(error.message(), error.type(), param, code), headers, close);
  }

  /** Tells a receipt what went wrong, without the words, which may quote the client. */
  void describe(ExchangeReceipt receipt) {
    receipt.describe(draft -> draft.error(error.type(), Optional.ofNullable(error.code())));
  }
}
