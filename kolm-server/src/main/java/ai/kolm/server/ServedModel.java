package ai.kolm.server;

import ai.kolm.chat.ChatCompletions;
import ai.kolm.receipt.AnswerSource;
import java.util.Objects;
import java.util.Optional;

/**
 * A model that clients can ask.
 *
 * @param id its name in requests: the name of its file, such as {@code phi-redactor.kolm}
 * @param created Unix time in seconds
 * @param chat answers; stays the property of who made it
 * @param fingerprint of everything that decides which tokens a seed gives, such as {@code fp_} and
 *     a hash of artifact, version and kernels
 * @param source what receipts say about it; absent: nothing
 */
public record ServedModel(
    String id,
    long created,
    ChatCompletions chat,
    String fingerprint,
    Optional<AnswerSource> source) {

  /** A model about which receipts say nothing. */
  public ServedModel(String id, long created, ChatCompletions chat, String fingerprint) {
    this(id, created, chat, fingerprint, Optional.empty());
  }

  /** Checks for null. */
  public ServedModel {
    Objects.requireNonNull(id);
    Objects.requireNonNull(chat);
    Objects.requireNonNull(fingerprint);
  }
}
