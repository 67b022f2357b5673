package ai.kolm.server;

import ai.kolm.chat.Usage;
import ai.kolm.embedding.EmbeddingInput;
import ai.kolm.embedding.EmbeddingResponse;
import ai.kolm.embedding.Embeddings;
import ai.kolm.json.Json;
import ai.kolm.server.wire.CommonFields;
import ai.kolm.server.wire.EmbeddingList;
import ai.kolm.server.wire.EmbeddingRequest;
import ai.kolm.server.wire.TextInput;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * {@code POST /v1/embeddings}. Nothing is computed for a client that has gone, or when the server
 * has waited long enough to close.
 */
final class EmbeddingsHandler {
  private final ModelDirectory directory;
  private final JsonRequests requests;
  private final RunningAnswers running;
  private final ClientWatcher watcher;
  private final boolean takesTokens;

  /**
   * @param running is told which answers are made
   * @param watcher of the clients
   * @param takesTokens whether token ids are accepted
   */
  EmbeddingsHandler(
      ModelDirectory directory,
      JsonRequests requests,
      RunningAnswers running,
      ClientWatcher watcher,
      boolean takesTokens) {
    this.directory = directory;
    this.requests = requests;
    this.running = running;
    this.watcher = watcher;
    this.takesTokens = takesTokens;
  }

  void embed(Exchange exchange, String rest) throws Exception {
    running.checkOpen();
    Json body = requests.read(exchange);
    String name = CommonFields.model(body);
    ServedModels models = directory.models(exchange);
    ServedEmbedder embedder = models.embedders().get(name, models);
    exchange.embedder(embedder);
    EmbeddingRequest request = EmbeddingRequest.read(body, takesTokens);
    requests.nameIgnored(exchange, request.ignored());
    EmbeddingResponse response = compute(exchange, embedder.embeddings(), request);
    exchange.usage(new Usage(response.tokens(), 0, 0));
    ByteArrayOutputStream answer = new ByteArrayOutputStream();
    response.vectors().forEach(vector -> answer.writeBytes(EmbeddingList.bytes(vector)));
    exchange.receipt().answer(answer.toByteArray());
    exchange.answer(
        new EmbeddingList(embedder.id(), response.vectors(), response.tokens(), request.base64()));
  }

  private EmbeddingResponse compute(
      Exchange exchange, Embeddings embeddings, EmbeddingRequest request)
      throws RefusedException, ClientGoneException {
    List<EmbeddingInput> inputs = request.input().stream().map(EmbeddingsHandler::input).toList();
    AtomicBoolean left = new AtomicBoolean();
    AtomicBoolean closing = new AtomicBoolean();
    running.add(left, () -> closing.set(true));
    try (ClientWatch _ = watcher.watch(exchange, () -> left.set(true))) {
      return embeddings.embed(inputs, request.dimensions(), () -> left.get() || closing.get());
    } catch (CancellationException e) {
      if (left.get()) {
        throw new ClientGoneException(e);
      }
      throw RunningAnswers.closing();
    } finally {
      running.remove(left);
    }
  }

  private static EmbeddingInput input(TextInput input) {
    return switch (input) {
      case TextInput.Text text -> new EmbeddingInput.Text(text.text());
      case TextInput.Tokens tokens -> new EmbeddingInput.Tokens(tokens.ids());
    };
  }
}
