package ai.kolm.chat;

import ai.kolm.engine.EndConditions;
import ai.kolm.engine.Engine;
import ai.kolm.engine.EngineException;
import ai.kolm.engine.GenerationRequest;
import ai.kolm.engine.InvalidRequestException;
import ai.kolm.grammar.Grammar;
import ai.kolm.prompt.Prompt;
import ai.kolm.tokenizer.Tokenizer;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Chat with a model, in this process:
 *
 * <pre>{@code
 * ChatResponse response = chat.complete(ChatRequest.of(Message.user("Hello")));
 * String text = response.choices().getFirst().message().content();
 *
 * try (ChatStream stream = chat.stream(request)) {
 *   for (ChatChunk chunk = stream.next(); chunk != null; chunk = stream.next()) {
 *     if (chunk instanceof ChatChunk.Text text) {
 *       System.out.print(text.text());
 *     }
 *   }
 * }
 * }</pre>
 *
 * <p>Safe for use by many threads, virtual ones included; their requests run together.
 */
public final class ChatCompletions implements AutoCloseable {
  private final Engine engine;
  private final Tokenizer tokenizer;
  private final Function<? super ChatRequest, Prompt> template;
  private final ModelInfo model;

  /**
   * Chat from its parts.
   *
   * @param engine runs the model; is closed together with this
   * @param tokenizer of the model
   * @param template renders the messages of a request
   * @param model what the model says about itself
   */
  public ChatCompletions(
      Engine engine,
      Tokenizer tokenizer,
      Function<? super ChatRequest, Prompt> template,
      ModelInfo model) {
    this.engine = engine;
    this.tokenizer = tokenizer;
    this.template = template;
    this.model = model;
  }

  /** What the model says about itself. */
  public ModelInfo model() {
    return model;
  }

  /** The engine, for work on tokens instead of messages. */
  public Engine engine() {
    return engine;
  }

  /**
   * Answers, and waits until the answers are complete. A thread that is interrupted gets what there
   * is, with {@link FinishReason#CANCELLED}, and stays interrupted.
   *
   * @throws EngineException if there is no answer; its type says what to do about it
   */
  public ChatResponse complete(ChatRequest request) {
    try (ChatStream stream = stream(request)) {
      return stream.toResponse();
    }
  }

  /**
   * Starts to answer. The stream has to be closed, or read to its end.
   *
   * @throws EngineException if there will be no answer; its type says what to do about it
   */
  public ChatStream stream(ChatRequest request) {
    int[] prompt = PromptTokens.encode(tokenizer, template.apply(request));
    if (prompt.length == 0) {
      throw new InvalidRequestException("messages", "the messages make an empty prompt");
    }
    GenerationRequest generation =
        new GenerationRequest(
            prompt,
            request.n(),
            request.sampling(),
            request.seed().orElseGet(() -> ThreadLocalRandom.current().nextLong()),
            endConditions(request),
            Grammar.anything(),
            request.topLogprobs(),
            OptionalInt.empty());
    return new ChatStream(engine.submit(generation), tokenizer.vocabulary(), request.n());
  }

  private EndConditions endConditions(ChatRequest request) {
    List<String> stop = Stream.concat(request.stop().stream(), model.stop().stream()).toList();
    int maxTokens = request.maxTokens().orElse(Integer.MAX_VALUE);
    try {
      return new EndConditions(maxTokens, stop, request.ignoreEndOfText());
    } catch (IllegalArgumentException e) {
      throw new InvalidRequestException("stop", String.valueOf(e.getMessage()));
    }
  }

  /** Ends all requests, then the engine and the model. */
  @Override
  public void close() {
    engine.close();
  }
}
