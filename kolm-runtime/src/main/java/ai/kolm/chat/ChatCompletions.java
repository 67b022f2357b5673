package ai.kolm.chat;

import ai.kolm.engine.EndConditions;
import ai.kolm.engine.Engine;
import ai.kolm.engine.EngineException;
import ai.kolm.engine.GenerationRequest;
import ai.kolm.engine.InvalidRequestException;
import ai.kolm.grammar.Grammar;
import ai.kolm.prompt.Prompt;
import ai.kolm.source.ModelFiles;
import ai.kolm.tokenizer.Tokenizer;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Chat with a model, in this process:
 *
 * <pre>{@code
 * ChatCompletions chat = ChatCompletions.open(Path.of("smollm2-135m-instruct.kolm"));
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
  private final Runnable afterClose;

  /**
   * Chat with the model at {@code path}, with {@link RunOptions#DEFAULT}.
   *
   * @see #open(Path, RunOptions)
   */
  public static ChatCompletions open(Path path) throws IOException, ModelFormatException {
    return open(path, RunOptions.DEFAULT);
  }

  /**
   * Chat with the model at {@code path}, which may be anything that {@link ModelFiles#open} takes.
   *
   * @throws ModelFormatException if there is no model, or it is damaged or unsupported
   * @throws IOException if it cannot be read
   * @throws IllegalArgumentException if an option does not fit the model
   * @throws IllegalStateException if this process cannot run the kernels asked for
   */
  public static ChatCompletions open(Path path, RunOptions options)
      throws IOException, ModelFormatException {
    return of(ModelFiles.open(path), options);
  }

  /**
   * Chat with an opened model.
   *
   * @param files closed together with this, or now if this throws
   * @throws ModelFormatException as {@link #open(Path, RunOptions)}
   */
  public static ChatCompletions of(ModelFiles files, RunOptions options)
      throws ModelFormatException {
    boolean opened = false;
    try {
      Function<ChatRequest, Prompt> template = PromptRenderer.of(files);
      Engine engine = ModelRunner.start(files, options);
      ModelInfo info = ModelInfo.of(files);
      ChatCompletions chat =
          new ChatCompletions(engine, files.text().tokenizer(), template, info, files::close);
      opened = true;
      return chat;
    } finally {
      if (!opened) {
        files.close();
      }
    }
  }

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
    this(engine, tokenizer, template, model, () -> {});
  }

  private ChatCompletions(
      Engine engine,
      Tokenizer tokenizer,
      Function<? super ChatRequest, Prompt> template,
      ModelInfo model,
      Runnable afterClose) {
    this.engine = engine;
    this.tokenizer = tokenizer;
    this.template = template;
    this.model = model;
    this.afterClose = afterClose;
  }

  /** What the model says about itself. */
  public ModelInfo model() {
    return model;
  }

  /** The tokenizer, for work on tokens instead of messages. */
  public Tokenizer tokenizer() {
    return tokenizer;
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
    int[] prompt = promptTokens(request);
    GenerationRequest generation =
        new GenerationRequest(
            prompt,
            request.n(),
            request.sampling().orElse(model.sampling()),
            request.seed().orElseGet(() -> ThreadLocalRandom.current().nextLong()),
            endConditions(request),
            Grammar.anything(),
            request.topLogprobs(),
            OptionalInt.empty(),
            request.cacheScope());
    return new ChatStream(engine.submit(generation), tokenizer.vocabulary(), request.n());
  }

  /**
   * The tokens that the messages of a request become.
   *
   * @throws InvalidRequestException if the template refuses them, or they make none
   */
  public int[] promptTokens(ChatRequest request) {
    int[] prompt = PromptTokens.encode(tokenizer, template.apply(request));
    if (prompt.length == 0) {
      throw new InvalidRequestException("messages", "the messages make an empty prompt");
    }
    return prompt;
  }

  private EndConditions endConditions(ChatRequest request) {
    List<String> stop = Stream.concat(request.stop().stream(), model.stop().stream()).toList();
    int maxTokens = request.maxTokens().orElse(model.maxTokens().orElse(Integer.MAX_VALUE));
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
    afterClose.run();
  }
}
