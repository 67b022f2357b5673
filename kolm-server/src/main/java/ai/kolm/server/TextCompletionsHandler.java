package ai.kolm.server;

import ai.kolm.chat.ChatChunk;
import ai.kolm.chat.TextCompletions;
import ai.kolm.chat.TextPrompt;
import ai.kolm.chat.TextRequest;
import ai.kolm.chat.TextStream;
import ai.kolm.engine.ContextLengthExceededException;
import ai.kolm.json.Json;
import ai.kolm.server.receipt.ChatReceipt;
import ai.kolm.server.wire.CommonFields;
import ai.kolm.server.wire.CompletionIdentity;
import ai.kolm.server.wire.TextCompletion;
import ai.kolm.server.wire.TextCompletionChunk;
import ai.kolm.server.wire.TextCompletionRequest;
import ai.kolm.server.wire.TextInput;
import java.time.Clock;

/** {@code POST /v1/completions}: texts are continued, in one piece or as a stream. */
final class TextCompletionsHandler {
  private final ModelDirectory directory;
  private final JsonRequests requests;
  private final AnswerWriter writer;
  private final Clock clock;

  TextCompletionsHandler(
      ModelDirectory directory, JsonRequests requests, AnswerWriter writer, Clock clock) {
    this.directory = directory;
    this.requests = requests;
    this.writer = writer;
    this.clock = clock;
  }

  void complete(Exchange exchange, String rest) throws Exception {
    Json body = requests.read(exchange);
    ServedModel model = exchange.model(directory.lease(exchange, CommonFields.model(body)));
    TextCompletions texts = new TextCompletions(model.chat());
    TextCompletionRequest request =
        TextCompletionRequest.read(
            body, model.chat().model().sampling(), input -> prompt(texts, input));
    requests.nameIgnored(exchange, request.ignored());
    CompletionIdentity identity =
        CompletionIdentity.next(
            "cmpl-", clock.instant().getEpochSecond(), model.id(), model.fingerprint());
    TextRequest text = ChatReceipt.seeded(request.text());
    exchange
        .receipt()
        .describe(draft -> draft.params(ChatReceipt.params(text, model.chat().model())));
    try (TextStream answers = start(texts, text)) {
      if (request.delivery().stream()) {
        int choices = text.prompts().size() * text.n();
        int[] offsets = new int[text.topLogprobs().isPresent() ? choices : 0];
        boolean usage = request.delivery().includeUsage();
        writer.stream(exchange, answers, choices, new Events(identity, offsets, usage));
      } else {
        boolean logprobs = text.topLogprobs().isPresent();
        writer.plain(
            exchange, answers, response -> new TextCompletion(identity, response, logprobs));
      }
    }
  }

  /** The chunks of one stream; the first of them comes when the prompt has been read. */
  private record Events(CompletionIdentity identity, int[] offsets, boolean usage)
      implements AnswerWriter.Events {
    @Override
    public void begin(SseWriter events) throws ClientGoneException {
      events.open();
    }

    @Override
    public void write(SseWriter events, ChatChunk chunk) throws ClientGoneException {
      if (usage || !(chunk instanceof ChatChunk.Done)) {
        events.event(new TextCompletionChunk(identity, chunk, offsets, usage));
      }
    }
  }

  private static TextPrompt prompt(TextCompletions texts, TextInput input) {
    return switch (input) {
      case TextInput.Text text -> texts.prompt(text.text());
      case TextInput.Tokens tokens -> texts.prompt(tokens.ids());
    };
  }

  private static TextStream start(TextCompletions texts, TextRequest request)
      throws MappedException {
    try {
      return texts.stream(request);
    } catch (ContextLengthExceededException e) {
      throw new MappedException(ErrorMapper.map(e).withParam("prompt"), e);
    }
  }
}
