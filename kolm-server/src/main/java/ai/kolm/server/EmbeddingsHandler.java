package ai.kolm.server;

import ai.kolm.chat.Usage;
import ai.kolm.embedding.EmbeddingInput;
import ai.kolm.embedding.EmbeddingResponse;
import ai.kolm.json.Json;
import ai.kolm.server.wire.CommonFields;
import ai.kolm.server.wire.EmbeddingList;
import ai.kolm.server.wire.EmbeddingRequest;
import ai.kolm.server.wire.TextInput;
import java.io.ByteArrayOutputStream;
import java.util.List;

/** {@code POST /v1/embeddings}. */
final class EmbeddingsHandler {
  private final ModelDirectory directory;
  private final JsonRequests requests;
  private final RunningAnswers running;
  private final boolean takesTokens;

  EmbeddingsHandler(
      ModelDirectory directory,
      JsonRequests requests,
      RunningAnswers running,
      boolean takesTokens) {
    this.directory = directory;
    this.requests = requests;
    this.running = running;
    this.takesTokens = takesTokens;
  }

  void embed(Exchange exchange, String rest) throws Exception {
    running.checkOpen();
    Json body = requests.read(exchange);
    String name = CommonFields.model(body);
    ServedModels models = directory.models();
    ServedEmbedder embedder = models.embedders().get(name, models);
    exchange.embedder(embedder);
    EmbeddingRequest request = EmbeddingRequest.read(body, takesTokens);
    requests.nameIgnored(exchange, request.ignored());
    List<EmbeddingInput> inputs = request.input().stream().map(EmbeddingsHandler::input).toList();
    EmbeddingResponse response = embedder.embeddings().embed(inputs, request.dimensions());
    exchange.usage(new Usage(response.tokens(), 0, 0));
    ByteArrayOutputStream answer = new ByteArrayOutputStream();
    response.vectors().forEach(vector -> answer.writeBytes(EmbeddingList.bytes(vector)));
    exchange.receipt().answer(answer.toByteArray());
    exchange.answer(
        new EmbeddingList(embedder.id(), response.vectors(), response.tokens(), request.base64()));
  }

  private static EmbeddingInput input(TextInput input) {
    return switch (input) {
      case TextInput.Text text -> new EmbeddingInput.Text(text.text());
      case TextInput.Tokens tokens -> new EmbeddingInput.Tokens(tokens.ids());
    };
  }
}
