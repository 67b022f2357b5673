package ai.kolm.server;

import ai.kolm.embedding.Embeddings;
import ai.kolm.receipt.AnswerSource;
import java.util.Objects;
import java.util.Optional;

/**
 * A model whose vectors clients can have.
 *
 * @param id its name in requests: the name of its file, such as {@code phi-redactor.embed.kolm}
 * @param created Unix time in seconds
 * @param embeddings makes vectors; stays the property of who made it
 * @param source what receipts say about it; absent: nothing
 * @param embedsFor the content identifier of the one chat artifact that it belongs to, if it names
 *     one
 */
public record ServedEmbedder(
    String id,
    long created,
    Embeddings embeddings,
    Optional<AnswerSource> source,
    Optional<String> embedsFor) {

  /** Checks for null. */
  public ServedEmbedder {
    Objects.requireNonNull(id);
    Objects.requireNonNull(embeddings);
    Objects.requireNonNull(source);
    Objects.requireNonNull(embedsFor);
  }

  /** The content identifier of its artifact. */
  Optional<String> cid() {
    return source.flatMap(AnswerSource::cid);
  }
}
