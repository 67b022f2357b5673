package ai.kolm.server;

import ai.kolm.chat.ChatChunk;
import ai.kolm.chat.ChatRequest;
import ai.kolm.chat.ChatStream;
import ai.kolm.json.Json;
import ai.kolm.server.receipt.ChatReceipt;
import ai.kolm.server.wire.ChatCompletion;
import ai.kolm.server.wire.ChatCompletionChunk;
import ai.kolm.server.wire.ChatCompletionRequest;
import ai.kolm.server.wire.CommonFields;
import ai.kolm.server.wire.CompletionIdentity;
import java.time.Clock;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /v1/chat/completions}, in one piece or as a stream. What can be refused is refused
 * before a stream begins, so that it has its own status.
 */
final class ChatCompletionsHandler {
  private static final int PADDED_LENGTH = 32;

  private final ModelDirectory directory;
  private final JsonRequests requests;
  private final AnswerWriter writer;
  private final Clock clock;

  ChatCompletionsHandler(
      ModelDirectory directory, JsonRequests requests, AnswerWriter writer, Clock clock) {
    this.directory = directory;
    this.requests = requests;
    this.writer = writer;
    this.clock = clock;
  }

  void complete(Exchange exchange, String rest) throws Exception {
    Json body = requests.read(exchange);
    ServedModel model = exchange.model(directory.lease(exchange, CommonFields.model(body)));
    ChatCompletionRequest request =
        ChatCompletionRequest.read(body, model.chat().model().sampling());
    requests.nameIgnored(exchange, request.ignored());
    requests.checkJsonIsNamed(request.chat(), "messages");
    CompletionIdentity identity =
        CompletionIdentity.next(
            "chatcmpl-", clock.instant().getEpochSecond(), model.id(), model.fingerprint());
    ChatRequest chat = ChatReceipt.seeded(request.chat());
    exchange
        .receipt()
        .describe(draft -> draft.params(ChatReceipt.params(chat, model.chat().model())));
    boolean logprobs = chat.topLogprobs().isPresent();
    try (ChatStream answers = model.chat().stream(chat)) {
      if (request.delivery().stream()) {
        writer.stream(
            exchange,
            answers,
            chat.n(),
            (events, chunk) -> write(request, identity, events, chunk));
      } else {
        writer.plain(
            exchange,
            answers,
            response -> new ChatCompletion(identity, response, logprobs, request.functions()));
      }
    }
  }

  private static void write(
      ChatCompletionRequest request, CompletionIdentity identity, SseWriter events, ChatChunk chunk)
      throws ClientGoneException {
    boolean usage = request.delivery().includeUsage();
    if (chunk instanceof ChatChunk.Done && !usage) {
      return;
    }
    boolean logprobs = request.chat().topLogprobs().isPresent();
    String padding = request.delivery().includeObfuscation() ? padding(chunk) : null;
    events.event(
        new ChatCompletionChunk(identity, chunk, logprobs, request.functions(), usage, padding));
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
