package ai.kolm.server;

import ai.kolm.chat.AnswerStream;
import ai.kolm.chat.ChatChunk;
import ai.kolm.chat.ChatResponse;
import ai.kolm.chat.FinishReason;
import ai.kolm.engine.EngineException;
import ai.kolm.receipt.ReceiptUnavailableException;
import ai.kolm.server.receipt.ChatReceipt;
import ai.kolm.server.wire.WireObject;
import java.util.function.Function;

/**
 * Gives the answer of a model, in one piece or as a stream: what the endpoints that generate have
 * in common. Both forms read the same {@link AnswerStream}, and both close it, which ends
 * generation, when the client has gone.
 */
final class AnswerWriter {

  /** What an endpoint makes of a stream. For one answer. */
  interface Events {
    /** Says that an answer begins. */
    default void begin(SseWriter events) throws ClientGoneException {}

    /** Says what has come. */
    void write(SseWriter events, ChatChunk chunk) throws ClientGoneException;

    /** Says that all has come. */
    default void complete(SseWriter events) throws ClientGoneException {
      events.done();
    }

    /** Says that nothing more comes, and why. */
    default void broken(SseWriter events, ErrorAnswer why) throws ClientGoneException {
      events.broken(why);
    }
  }

  private final RunningAnswers running;
  private final ClientWatcher watcher;

  /**
   * @param running is told which answers are made
   * @param watcher of the clients
   */
  AnswerWriter(RunningAnswers running, ClientWatcher watcher) {
    this.running = running;
    this.watcher = watcher;
  }

  /** Answers in one piece. */
  void plain(
      Exchange exchange, AnswerStream answers, Function<ChatResponse, ? extends WireObject> form)
      throws Exception {
    running.add(answers);
    try {
      ChatResponse response;
      try (ClientWatch watch = watcher.watch(exchange, answers::close)) {
        response = answers.toResponse();
        checkThere(watch);
      }
      exchange.usage(response.usage());
      exchange.timings(response.timings());
      if (response.choices().stream().anyMatch(c -> c.finishReason() == FinishReason.CANCELLED)) {
        throw RunningAnswers.closing();
      }
      exchange.checkModel();
      ChatReceipt.of(response, exchange.receipt()).complete();
      exchange.answer(form.apply(response));
    } finally {
      running.remove(answers);
    }
  }

  private static void checkThere(ClientWatch watch) throws ClientGoneException {
    if (watch.gone()) {
      throw new ClientGoneException(null);
    }
  }

  /**
   * Answers with a stream.
   *
   * @param choices how many answers there are
   */
  void stream(Exchange exchange, AnswerStream answers, int choices, Events form)
      throws RefusedException, ClientGoneException {
    running.add(answers);
    try {
      SseWriter events = exchange.stream();
      try (ClientWatch watch =
          watcher.watch(
              exchange.connection(), events::comment, events::silentFor, answers::close)) {
        write(exchange, answers, new ChatReceipt(choices, exchange.receipt()), form, events, watch);
      } catch (EngineException | RefusedException | ReceiptUnavailableException thrown) {
        Throwable e = exchange.explain(thrown);
        Failures.log(exchange, e);
        form.broken(events, ErrorMapper.map(e));
      }
    } finally {
      running.remove(answers);
    }
  }

  private static void write(
      Exchange exchange,
      AnswerStream answers,
      ChatReceipt record,
      Events form,
      SseWriter events,
      ClientWatch watch)
      throws RefusedException, ClientGoneException {
    form.begin(events);
    for (ChatChunk chunk = answers.next(); chunk != null; chunk = answers.next()) {
      checkThere(watch);
      if (chunk instanceof ChatChunk.End end && end.reason() == FinishReason.CANCELLED) {
        form.broken(events, ErrorMapper.map(RunningAnswers.closing()));
        return;
      }
      if (chunk instanceof ChatChunk.Done done) {
        exchange.usage(done.usage());
        exchange.timings(done.timings());
      }
      form.write(events, chunk);
      record.add(chunk);
    }
    exchange.checkModel();
    record.complete();
    form.complete(events);
  }
}
