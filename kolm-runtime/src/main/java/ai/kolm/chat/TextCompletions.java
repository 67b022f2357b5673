package ai.kolm.chat;

import ai.kolm.engine.ContextLengthExceededException;
import ai.kolm.engine.EndConditions;
import ai.kolm.engine.Engine;
import ai.kolm.engine.EngineException;
import ai.kolm.engine.GenerationRequest;
import ai.kolm.engine.InvalidRequestException;
import ai.kolm.engine.TokenStream;
import ai.kolm.grammar.Grammar;
import ai.kolm.tokenizer.Tokenizer;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;

/**
 * Continues texts with a model, without messages and without a template:
 *
 * <pre>{@code
 * TextCompletions texts = new TextCompletions(chat);
 * ChatResponse response = texts.complete(TextRequest.of(20, texts.prompt("The sea is")));
 * }</pre>
 *
 * <p>Safe for use by many threads.
 */
public final class TextCompletions {
  private final ChatCompletions chat;
  private final Engine engine;
  private final Tokenizer tokenizer;
  private final ModelInfo model;

  /**
   * Continues texts with the model of {@code chat}.
   *
   * @param chat with the adapter to be applied; stays the property of the caller
   */
  public TextCompletions(ChatCompletions chat) {
    this.chat = chat;
    engine = chat.engine();
    tokenizer = chat.tokenizer();
    model = chat.model();
  }

  /**
   * Text as it stands, with the first token of the model in front where it wants one. The names of
   * special tokens in it are these tokens.
   */
  public TextPrompt prompt(String text) {
    return TextPrompt.of(tokenizer, text);
  }

  /**
   * Tokens as they stand; none is added.
   *
   * @throws InvalidRequestException if a token is not in the vocabulary, or there is none
   */
  public TextPrompt prompt(int[] ids) {
    int size = tokenizer.vocabulary().size();
    for (int id : ids) {
      if (id < 0 || id >= size) {
        throw new InvalidRequestException(
            "prompt", "prompt: token %d is not among the %d tokens".formatted(id, size));
      }
    }
    if (ids.length == 0) {
      throw new InvalidRequestException("prompt", "a prompt has at least one token");
    }
    return TextPrompt.of(tokenizer, ids);
  }

  /**
   * Continues, and waits until all continuations are complete.
   *
   * @throws EngineException if there is no answer; its type says what to do about it
   */
  public ChatResponse complete(TextRequest request) {
    try (TextStream stream = stream(request)) {
      return stream.toResponse();
    }
  }

  /**
   * Starts to continue. The stream has to be closed, or read to its end. Where {@code bestOf} is
   * more than {@code n} only {@link TextStream#toResponse} keeps to {@code n}.
   *
   * @throws ContextLengthExceededException if a prompt is too long
   * @throws EngineException if there will be no answer for another reason
   */
  public TextStream stream(TextRequest request) {
    for (TextPrompt prompt : request.prompts()) {
      engine.checkRoom(prompt.ids().length, request.maxTokens());
    }
    long seed = request.seed().orElseGet(() -> ThreadLocalRandom.current().nextLong());
    EndConditions end = endConditions(request);
    return new TextStream(
        request, tokenizer.vocabulary(), prompt -> start(request, prompt, seed, end));
  }

  private TokenStream start(TextRequest request, TextPrompt prompt, long seed, EndConditions end) {
    boolean ranks = request.bestOf() > request.n();
    OptionalInt top = request.topLogprobs();
    return engine.submit(
        new GenerationRequest(
            prompt.ids(),
            request.bestOf(),
            request.sampling().orElse(model.sampling()),
            seed,
            end,
            Grammar.anything(),
            ranks && top.isEmpty() ? OptionalInt.of(0) : top,
            request.echo() ? top : OptionalInt.empty(),
            chat.scope(request.cacheScope())));
  }

  private EndConditions endConditions(TextRequest request) {
    List<String> stop = Stream.concat(request.stop().stream(), model.stop().stream()).toList();
    try {
      return new EndConditions(request.maxTokens(), stop, request.ignoreEndOfText());
    } catch (IllegalArgumentException e) {
      throw new InvalidRequestException("stop", String.valueOf(e.getMessage()));
    }
  }
}
