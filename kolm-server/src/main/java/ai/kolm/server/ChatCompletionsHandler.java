package ai.kolm.server;

import ai.kolm.chat.ChatChunk;
import ai.kolm.chat.ChatRequest;
import ai.kolm.chat.ChatResponse;
import ai.kolm.chat.ChatStream;
import ai.kolm.chat.FinishReason;
import ai.kolm.engine.EngineException;
import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonReader;
import ai.kolm.server.RefusedException.Reason;
import ai.kolm.server.receipt.ChatReceipt;
import ai.kolm.server.wire.ChatCompletion;
import ai.kolm.server.wire.ChatCompletionChunk;
import ai.kolm.server.wire.ChatCompletionRequest;
import ai.kolm.server.wire.CompletionIdentity;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /v1/chat/completions}, in one piece or as a stream. What can be refused is refused
 * before a stream begins, so that it has its own status. Both forms read the same {@link
 * ChatStream}, and both close it, which ends generation, when the client has gone.
 */
final class ChatCompletionsHandler {
  /** A schema may nest as deep as {@code GrammarLimits} say, within some fields. */
  private static final int MAX_DEPTH = 72;

  private static final int MAX_IGNORED = 16;
  private static final int MAX_IGNORED_NAME = 64;
  private static final int PADDED_LENGTH = 32;

  private final ModelDirectory directory;
  private final RunningAnswers running;
  private final ServerLimits limits;
  private final Clock clock;

  ChatCompletionsHandler(
      ModelDirectory directory, RunningAnswers running, ServerLimits limits, Clock clock) {
    this.directory = directory;
    this.running = running;
    this.limits = limits;
    this.clock = clock;
  }

  void complete(Exchange exchange, String rest) throws Exception {
    running.checkOpen();
    Json body = parse(exchange.jsonBody());
    ServedModel model = directory.model(ChatCompletionRequest.model(body));
    exchange.model(model);
    ChatCompletionRequest request =
        ChatCompletionRequest.read(body, model.chat().model().sampling());
    nameIgnored(exchange, request.ignored());
    CompletionIdentity identity =
        new CompletionIdentity(
            "chatcmpl-" + UUID.randomUUID().toString().replace("-", ""),
            clock.instant().getEpochSecond(),
            model.id(),
            model.fingerprint());
    ChatRequest chat = ChatReceipt.seeded(request.chat());
    exchange
        .receipt()
        .describe(draft -> draft.params(ChatReceipt.params(chat, model.chat().model())));
    try (ChatStream answers = model.chat().stream(chat)) {
      running.add(answers);
      try {
        if (request.stream()) {
          stream(exchange, request, identity, answers);
        } else {
          answer(exchange, request, identity, answers);
        }
      } finally {
        running.remove(answers);
      }
    }
  }

  private Json parse(byte[] body) throws JsonException {
    return JsonReader.read(
        body, JsonLimits.DEFAULT.withBytes(limits.bodyBytes()).withDepth(MAX_DEPTH));
  }

  /** Names come from the client: only what is harmless in a header is repeated. */
  private static void nameIgnored(Exchange exchange, List<String> ignored) {
    if (!ignored.isEmpty()) {
      exchange.setHeader(
          "x-kolm-ignored",
          ignored.stream()
              .limit(MAX_IGNORED)
              .map(name -> name.substring(0, Math.min(name.length(), MAX_IGNORED_NAME)))
              .map(name -> name.replaceAll("[^A-Za-z0-9_.-]", "?"))
              .collect(Collectors.joining(",")));
    }
  }

  private void answer(
      Exchange exchange,
      ChatCompletionRequest request,
      CompletionIdentity identity,
      ChatStream answers)
      throws RefusedException, ClientGoneException {
    ChatResponse response;
    try (ClientWatch watch =
        new ClientWatch(
            exchange.connection(),
            exchange::probe,
            () -> Duration.ZERO,
            limits.silence(),
            answers::close)) {
      response = answers.toResponse();
      checkThere(watch);
    }
    exchange.usage(response.usage());
    if (response.choices().stream().anyMatch(c -> c.finishReason() == FinishReason.CANCELLED)) {
      throw new RefusedException(Reason.CLOSING, "The server is shutting down.");
    }
    ChatReceipt.of(response, exchange.receipt()).complete();
    boolean logprobs = request.chat().topLogprobs().isPresent();
    exchange.answer(new ChatCompletion(identity, response, logprobs, request.functions()));
  }

  private static void checkThere(ClientWatch watch) throws ClientGoneException {
    if (watch.gone()) {
      throw new ClientGoneException(null);
    }
  }

  private void stream(
      Exchange exchange,
      ChatCompletionRequest request,
      CompletionIdentity identity,
      ChatStream answers)
      throws ClientGoneException {
    SseWriter events = exchange.stream();
    ChatReceipt record = new ChatReceipt(request.chat().n(), exchange.receipt());
    try (ClientWatch watch =
        new ClientWatch(
            exchange.connection(),
            events::comment,
            events::silentFor,
            limits.silence(),
            answers::close)) {
      for (ChatChunk chunk = answers.next(); chunk != null; chunk = answers.next()) {
        checkThere(watch);
        if (chunk instanceof ChatChunk.End end && end.reason() == FinishReason.CANCELLED) {
          events.broken(
              ErrorMapper.map(
                  new RefusedException(Reason.CLOSING, "The server is shutting down.")));
          return;
        }
        write(exchange, request, identity, events, chunk);
        record.add(chunk);
      }
      record.complete();
      events.done();
    } catch (EngineException e) {
      Failures.log(exchange, e);
      events.broken(ErrorMapper.map(e));
    }
  }

  private static void write(
      Exchange exchange,
      ChatCompletionRequest request,
      CompletionIdentity identity,
      SseWriter events,
      ChatChunk chunk)
      throws ClientGoneException {
    if (chunk instanceof ChatChunk.Done done) {
      exchange.usage(done.usage());
      if (!request.includeUsage()) {
        return;
      }
    }
    boolean logprobs = request.chat().topLogprobs().isPresent();
    String padding = request.includeObfuscation() ? padding(chunk) : null;
    events.event(
        new ChatCompletionChunk(
            identity, chunk, logprobs, request.functions(), request.includeUsage(), padding));
  }

  /** Fills a text up to a multiple of {@link #PADDED_LENGTH} characters. */
  private static @Nullable String padding(ChatChunk chunk) {
    if (!(chunk instanceof ChatChunk.Text text)) {
      return null;
    }
    int missing = PADDED_LENGTH - text.text().length() % PADDED_LENGTH;
    return ThreadLocalRandom.current()
        .ints(missing, 'a', 'z' + 1)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }
}
