package ai.kolm.server;

import ai.kolm.chat.ChatCompletions;
import java.util.Objects;

/**
 * A model that clients can ask.
 *
 * @param id its name in requests: the name of its file, such as {@code phi-redactor.kolm}
 * @param created Unix time in seconds
 * @param chat answers; stays the property of who made it
 * @param fingerprint of everything that decides which tokens a seed gives, such as {@code fp_} and
 *     a hash of artifact, version and kernels
 */
public record ServedModel(String id, long created, ChatCompletions chat, String fingerprint) {
  /** Checks for null. */
  public ServedModel {
    Objects.requireNonNull(id);
    Objects.requireNonNull(chat);
    Objects.requireNonNull(fingerprint);
  }
}
