package ai.kolm.server;

import ai.kolm.embedding.Embeddings;
import ai.kolm.engine.Engine;
import ai.kolm.engine.EngineMetrics;
import ai.kolm.receipt.AnswerSource;
import ai.kolm.server.wire.WireObject;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * {@code GET /v1/kolm/info}: which models are loaded, and what they run on. Paths, keys and names
 * of other machines are no part of it.
 */
final class InfoHandler {
  private final ModelDirectory directory;
  private final ServerConfig config;

  InfoHandler(ModelDirectory directory, ServerConfig config) {
    this.directory = directory;
    this.config = config;
  }

  void get(Exchange exchange, String rest) throws Exception {
    ServedModels models = directory.models(exchange);
    exchange.answer(new Info(models.loaded(), models.embedders().loaded(), config));
  }

  /** The answer. */
  private record Info(List<ServedModel> models, List<ServedEmbedder> embedders, ServerConfig config)
      implements WireObject {
    @Override
    public void write(JsonGenerator out) throws IOException {
      out.writeStartObject();
      out.writeStringField("object", "kolm.info");
      Optional<String> version =
          Stream.concat(
                  models.stream().map(ServedModel::source),
                  embedders.stream().map(ServedEmbedder::source))
              .flatMap(Optional::stream)
              .findFirst()
              .map(AnswerSource::engine);
      out.writeStringField("runtime", version.orElse("kolm"));
      out.writeStringField("java", Runtime.version().toString());
      out.writeNumberField("processors", Runtime.getRuntime().availableProcessors());
      out.writeBooleanField("strict", config.options().strict());
      out.writeNumberField("max_body_bytes", config.limits().bodyBytes());
      out.writeArrayFieldStart("models");
      for (ServedModel model : models) {
        write(out, model);
      }
      out.writeEndArray();
      out.writeArrayFieldStart("embedding_models");
      for (ServedEmbedder embedder : embedders) {
        write(out, embedder);
      }
      out.writeEndArray();
      out.writeEndObject();
    }

    private static void write(JsonGenerator out, ServedEmbedder model) throws IOException {
      Embeddings embeddings = model.embeddings();
      out.writeStartObject();
      out.writeStringField("id", model.id());
      out.writeNumberField("created", model.created());
      out.writeStringField("cid", model.cid().orElse(null));
      out.writeStringField("kernels", embeddings.kernelName());
      out.writeNumberField("dimensions", embeddings.dimensions());
      out.writeArrayFieldStart("smaller_dimensions");
      for (int size : embeddings.smallerDimensions()) {
        out.writeNumber(size);
      }
      out.writeEndArray();
      out.writeNumberField("max_input_tokens", embeddings.maxTokens());
      out.writeEndObject();
    }

    private static void write(JsonGenerator out, ServedModel model) throws IOException {
      Engine engine = model.chat().engine();
      EngineMetrics metrics = engine.metrics();
      out.writeStartObject();
      out.writeStringField("id", model.id());
      out.writeNumberField("created", model.created());
      out.writeStringField("cid", model.source().flatMap(AnswerSource::cid).orElse(null));
      out.writeStringField("system_fingerprint", model.fingerprint());
      out.writeStringField("kernels", engine.kernelName());
      out.writeNumberField("context_length", engine.contextLength());
      out.writeNumberField("vocabulary_size", model.chat().tokenizer().vocabulary().size());
      out.writeObjectFieldStart("defaults");
      out.writeNumberField("temperature", model.chat().model().sampling().temperature());
      out.writeNumberField("top_p", model.chat().model().sampling().topP());
      out.writeNumberField("top_k", model.chat().model().sampling().topK());
      out.writeEndObject();
      out.writeObjectFieldStart("state");
      out.writeNumberField("queued", metrics.queuedRequests());
      out.writeNumberField("running", metrics.runningSequences());
      out.writeNumberField("kv_blocks_used", metrics.usedBlocks());
      out.writeNumberField("kv_blocks_kept", metrics.keptBlocks());
      out.writeNumberField("kv_blocks", metrics.blocks());
      out.writeEndObject();
      out.writeEndObject();
    }
  }
}
