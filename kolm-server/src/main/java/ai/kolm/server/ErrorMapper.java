package ai.kolm.server;

import ai.kolm.engine.ContextLengthExceededException;
import ai.kolm.engine.EngineClosedException;
import ai.kolm.engine.EngineException;
import ai.kolm.engine.GrammarRefusedException;
import ai.kolm.engine.InvalidRequestException;
import ai.kolm.engine.ModelFailureException;
import ai.kolm.engine.OverloadedException;
import ai.kolm.grammar.GrammarException;
import ai.kolm.json.JsonException;
import ai.kolm.receipt.ReceiptUnavailableException;
import ai.kolm.server.wire.ApiError;
import ai.kolm.server.wire.InvalidFieldException;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * From failures to answers; the only place that knows status codes. Clients retry 408, 409, 429 and
 * 5xx by themselves, so a request that will never work must not get one of these.
 */
final class ErrorMapper {
  private static final Map<String, String> RETRY_SOON = Map.of("retry-after", "5");
  private static final int BAD_REQUEST = 400;
  private static final int INTERNAL = 500;

  private ErrorMapper() {}

  /** The answer to a failure of our own code. */
  static ErrorAnswer map(Throwable failure) {
    return switch (failure) {
      case InvalidFieldException e -> invalid(String.valueOf(e.getMessage()), e.path(), e.code());
      case JsonException e ->
          invalid("The body of the request is not valid JSON: " + e.getMessage(), null, null);
      case RefusedException e -> refused(e);
      case ReceiptUnavailableException ignored -> receiptUnavailable();
      case MappedException e -> e.answer();
      case EngineException e -> engine(e);
      default -> internal();
    };
  }

  /** Whether a failure is a fault of this server, which its log should tell. */
  static boolean isOurs(Throwable failure) {
    return map(failure).status() == INTERNAL;
  }

  private static ErrorAnswer engine(EngineException failure) {
    return switch (failure) {
      case InvalidRequestException e ->
          invalid(String.valueOf(e.getMessage()), e.parameter(), "invalid_value");
      case ContextLengthExceededException e -> contextLength(e);
      case GrammarRefusedException e ->
          invalid(String.valueOf(e.getMessage()), e.parameter(), code(e));
      case OverloadedException e -> overloaded(e);
      case EngineClosedException ignored -> unavailable("The server is shutting down.");
      case ModelFailureException ignored -> internal();
    };
  }

  /** Clients tell bad schemas of tools by their code, those of answers by the parameter. */
  private static @Nullable String code(GrammarRefusedException e) {
    if (e.reason().code() == GrammarException.Code.TOO_COMPLEX) {
      return "schema_too_complex";
    }
    return e.parameter().startsWith("tools") ? "invalid_function_parameters" : null;
  }

  private static ErrorAnswer contextLength(ContextLengthExceededException e) {
    String message =
        "This model's maximum context length is %d tokens. However, your messages resulted in %d tokens. Please reduce their length."
            .formatted(e.contextLength(), e.promptTokens());
    return invalid(message, "messages", "context_length_exceeded");
  }

  private static ErrorAnswer overloaded(OverloadedException e) {
    Duration wait = e.retryAfter();
    ApiError error =
        new ApiError(
            String.valueOf(e.getMessage()), ApiError.RATE_LIMIT, null, "rate_limit_exceeded");
    Map<String, String> headers =
        Map.of(
            "retry-after", Long.toString(Math.max(1, wait.toSeconds())),
            "retry-after-ms", Long.toString(Math.max(1, wait.toMillis())));
    return new ErrorAnswer(429, error, headers, false);
  }

  private static ErrorAnswer refused(RefusedException e) {
    String message = String.valueOf(e.getMessage());
    return switch (e.reason()) {
      case MALFORMED -> request(BAD_REQUEST, message, null, true);
      case HOST_NOT_ALLOWED, ORIGIN_NOT_ALLOWED ->
          request(403, message, e.reason().name().toLowerCase(Locale.ROOT), false);
      case NOT_FOUND -> request(404, message, null, false);
      case MODEL_NOT_FOUND -> request(404, message, "model_not_found", false);
      case EMBEDDING_PAIR_MISMATCH -> invalid(message, "model", "embedding_pair_mismatch");
      case NO_KEY ->
          new ErrorAnswer(
              401,
              new ApiError(message, ApiError.INVALID_REQUEST, null, "invalid_api_key"),
              Map.of("www-authenticate", "Bearer"),
              false);
      case METHOD ->
          new ErrorAnswer(
              405,
              new ApiError(message, ApiError.INVALID_REQUEST, null, null),
              Map.of("allow", String.join(", ", e.allowed())),
              false);
      case TOO_SLOW -> request(408, message, null, true);
      case BODY_TOO_LARGE -> request(413, message, null, false);
      case MEDIA_TYPE -> request(415, message, null, false);
      case TARGET_TOO_LONG -> request(414, message, null, true);
      case HEAD_TOO_LARGE -> request(431, message, null, true);
      case LOADING, CLOSING -> unavailable(message);
      case RECEIPT_UNAVAILABLE -> receiptUnavailable();
      case ARTIFACT_REFUSED -> request(403, message, "artifact_refused", false);
      case MODEL_UNAVAILABLE ->
          new ErrorAnswer(
              503,
              new ApiError(message, ApiError.SERVER, null, "model_unavailable"),
              Map.of("x-should-retry", "false"),
              false);
      case UPSTREAM -> upstream(502, message, "upstream_error");
      case UPSTREAM_TIMEOUT -> upstream(504, message, "upstream_timeout");
      case CAPTURE_UNAVAILABLE -> upstream(503, message, "capture_unavailable");
    };
  }

  private static ErrorAnswer invalid(
      String message, @Nullable String param, @Nullable String code) {
    ApiError error = new ApiError(message, ApiError.INVALID_REQUEST, param, code);
    return new ErrorAnswer(BAD_REQUEST, error, Map.of(), false);
  }

  private static ErrorAnswer request(
      int status, String message, @Nullable String code, boolean close) {
    ApiError error = new ApiError(message, ApiError.INVALID_REQUEST, null, code);
    return new ErrorAnswer(status, error, Map.of(), close);
  }

  private static ErrorAnswer unavailable(String message) {
    ApiError error = new ApiError(message, ApiError.SERVER, null, null);
    return new ErrorAnswer(503, error, RETRY_SOON, false);
  }

  private static ErrorAnswer receiptUnavailable() {
    ApiError error =
        new ApiError(
            "The receipt of the answer cannot be written, and this server gives no answer without.",
            ApiError.SERVER,
            null,
            "receipt_unavailable");
    return new ErrorAnswer(503, error, RETRY_SOON, false);
  }

  /** What stands between a client and a provider. */
  private static ErrorAnswer upstream(int status, String message, String code) {
    ApiError error = new ApiError(message, ApiError.SERVER, null, code);
    return new ErrorAnswer(status, error, Map.of(), false);
  }

  private static ErrorAnswer internal() {
    ApiError error =
        new ApiError("The server had an error while answering.", ApiError.SERVER, null, null);
    return new ErrorAnswer(INTERNAL, error, Map.of(), false);
  }

  /**
   * The answer to what the HTTP library refuses by itself.
   *
   * @param status that the library chose
   * @param reason that it gave
   */
  static ErrorAnswer ofLibrary(int status, @Nullable String reason) {
    if (status >= INTERNAL && status != 501 && status != 505) {
      return new ErrorAnswer(status, internal().error(), Map.of(), true);
    }
    String message =
        switch (status) {
          case 414 -> "The request target is too long.";
          case 417 -> "The server meets no such expectation.";
          case 426 -> "The server speaks HTTP/1.1 only.";
          case 431 -> "The head of the request is too large.";
          case 505 -> "The server speaks HTTP/1.1 only.";
          default -> "The request is not well-formed HTTP/1.1: " + reason;
        };
    return request(status, message, null, true);
  }

  /** The answer to a head that takes too long. */
  static ErrorAnswer slowHead() {
    return request(408, "The head of the request took too long.", null, true);
  }
}
