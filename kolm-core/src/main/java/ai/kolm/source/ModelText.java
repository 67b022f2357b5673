package ai.kolm.source;

import ai.kolm.prompt.ChatTemplate;
import ai.kolm.prompt.TemplateException;
import ai.kolm.prompt.TemplateLimits;
import ai.kolm.tokenizer.Tokenizer;
import java.time.Clock;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * How a model reads and writes text.
 *
 * @param tokenizer text to tokens and back
 * @param chatTemplate the Jinja source that turns a conversation into a prompt, if the model has
 *     one
 * @param bosToken the text of the token that begins a prompt, as templates ask for it
 * @param eosToken the text of the token that ends an answer, as templates ask for it
 * @param stopTokens tokens that end an answer, besides those of the vocabulary
 */
public record ModelText(
    Tokenizer tokenizer,
    Optional<String> chatTemplate,
    Optional<String> bosToken,
    Optional<String> eosToken,
    Set<Integer> stopTokens) {
  /** Copies the set. */
  public ModelText {
    Objects.requireNonNull(tokenizer);
    stopTokens = Set.copyOf(stopTokens);
  }

  /**
   * The chat template, ready to render.
   *
   * @param clock what the template sees as today
   * @throws TemplateException if kolm does not understand the template
   */
  public Optional<ChatTemplate> template(Clock clock) throws TemplateException {
    return chatTemplate.isEmpty()
        ? Optional.empty()
        : Optional.of(
            ChatTemplate.compile(
                chatTemplate.get(), bosToken, eosToken, clock, TemplateLimits.DEFAULT));
  }
}
