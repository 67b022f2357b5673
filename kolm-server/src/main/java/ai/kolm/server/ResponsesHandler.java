package ai.kolm.server;

import ai.kolm.chat.ChatChunk;
import ai.kolm.chat.ChatRequest;
import ai.kolm.chat.ChatStream;
import ai.kolm.engine.ContextLengthExceededException;
import ai.kolm.engine.EngineException;
import ai.kolm.engine.GrammarRefusedException;
import ai.kolm.engine.InvalidRequestException;
import ai.kolm.json.Json;
import ai.kolm.server.receipt.ChatReceipt;
import ai.kolm.server.wire.CommonFields;
import ai.kolm.server.wire.CompletionIdentity;
import ai.kolm.server.wire.ResponseEvent;
import ai.kolm.server.wire.ResponseOutput;
import ai.kolm.server.wire.ResponsePaths;
import ai.kolm.server.wire.ResponseRequest;
import java.time.Clock;

/**
 * {@code POST /v1/responses}: a chat in other words, of which nothing is kept: the whole
 * conversation comes with each request.
 */
final class ResponsesHandler {
  private final ModelDirectory directory;
  private final JsonRequests requests;
  private final AnswerWriter writer;
  private final Clock clock;

  ResponsesHandler(
      ModelDirectory directory, JsonRequests requests, AnswerWriter writer, Clock clock) {
    this.directory = directory;
    this.requests = requests;
    this.writer = writer;
    this.clock = clock;
  }

  void create(Exchange exchange, String rest) throws Exception {
    Json body = requests.read(exchange);
    ServedModel model = exchange.model(directory.lease(exchange, CommonFields.model(body)));
    ResponseRequest request = ResponseRequest.read(body, model.chat().model().sampling());
    requests.nameIgnored(exchange, request.ignored());
    requests.checkJsonIsNamed(request.chat(), "input");
    CompletionIdentity identity =
        CompletionIdentity.next(
            "resp_", clock.instant().getEpochSecond(), model.id(), model.fingerprint());
    ChatRequest chat = ChatReceipt.seeded(request.chat());
    exchange
        .receipt()
        .describe(draft -> draft.params(ChatReceipt.params(chat, model.chat().model())));
    try (ChatStream answers = start(model, chat, request.paths())) {
      if (request.stream()) {
        writer.stream(exchange, answers, 1, new Events(new ResponseOutput(identity, request)));
      } else {
        writer.plain(exchange, answers, response -> ResponseOutput.of(identity, request, response));
      }
    }
  }

  private static ChatStream start(ServedModel model, ChatRequest chat, ResponsePaths paths)
      throws MappedException {
    try {
      return model.chat().stream(chat);
    } catch (EngineException e) {
      throw new MappedException(renamed(e, paths), e);
    }
  }

  private static ErrorAnswer renamed(EngineException failure, ResponsePaths paths) {
    ErrorAnswer answer = ErrorMapper.map(failure);
    return switch (failure) {
      case ContextLengthExceededException _ -> answer.withParam("input");
      case InvalidRequestException e ->
          answer.withParam(
              e.parameter().equals("messages") ? "input" : paths.ofResponse(e.parameter()));
      case GrammarRefusedException e when e.parameter().equals("response_format") ->
          answer.with("text.format.schema", "invalid_json_schema");
      case GrammarRefusedException e -> answer.withParam(paths.ofResponse(e.parameter()));
      default -> answer;
    };
  }

  /** The events of one response; the last of them has the receipt with it. */
  private record Events(ResponseOutput output) implements AnswerWriter.Events {
    @Override
    public void begin(SseWriter events) throws ClientGoneException {
      write(events, output.begin());
    }

    @Override
    public void write(SseWriter events, ChatChunk chunk) throws ClientGoneException {
      write(events, output.take(chunk));
    }

    private static void write(SseWriter out, Iterable<ResponseEvent> events)
        throws ClientGoneException {
      for (ResponseEvent event : events) {
        out.event(event.type(), event);
      }
    }

    @Override
    public void complete(SseWriter events) throws ClientGoneException {
      ResponseEvent end = output.end();
      events.last(end.type(), end);
    }

    @Override
    public void broken(SseWriter events, ErrorAnswer why) throws ClientGoneException {
      ResponseEvent end = output.broken(why.error());
      events.broken(why, end.type(), end);
    }
  }
}
