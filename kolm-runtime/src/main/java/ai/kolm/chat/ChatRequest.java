package ai.kolm.chat;

import ai.kolm.chat.tool.ToolUse;
import ai.kolm.engine.CacheScope;
import ai.kolm.prompt.Message;
import ai.kolm.sampling.SamplingParams;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Consumer;

/**
 * What to answer and how. Build one with {@link #of} and the {@code with} methods.
 *
 * @param messages the conversation, at least one message
 * @param sampling how tokens are chosen; absent: as the makers of the model recommend
 * @param maxTokens the most tokens per choice; absent: as the model says, else up to the context
 *     length
 * @param n how many choices, 1 to 128
 * @param stop texts that end an answer, at most 4, none empty; they are not part of it
 * @param seed same seed, request and artifact: same answer; absent: drawn
 * @param topLogprobs absent: no log-probabilities; else how many alternatives per token, 0 to 20
 * @param ignoreEndOfText keep going past end tokens (for measuring)
 * @param cacheScope the requests that may use what this one computes, and the other way round;
 *     where callers must not learn of each other's prompts, one for each
 * @param responseFormat what the text of an answer must look like; stop texts do not apply within a
 *     format
 * @param tools what the model may call
 * @param effort how hard the model thinks, if its template has a switch for that; absent: its
 *     default
 */
public record ChatRequest(
    List<Message> messages,
    Optional<SamplingParams> sampling,
    OptionalInt maxTokens,
    int n,
    List<String> stop,
    OptionalLong seed,
    OptionalInt topLogprobs,
    boolean ignoreEndOfText,
    CacheScope cacheScope,
    ResponseFormat responseFormat,
    ToolUse tools,
    Optional<ReasoningEffort> effort) {

  private static final int MAX_CHOICES = 128;
  private static final int MAX_STOPS = 4;
  private static final int MAX_TOP_LOGPROBS = 20;

  /**
   * @throws IllegalArgumentException if a value is outside its range; the message names it
   */
  public ChatRequest {
    messages = List.copyOf(messages);
    Objects.requireNonNull(cacheScope);
    Objects.requireNonNull(responseFormat);
    Objects.requireNonNull(tools);
    Objects.requireNonNull(effort);
    stop = List.copyOf(stop);
    check(!messages.isEmpty(), "messages must not be empty");
    check(
        n >= 1 && n <= MAX_CHOICES, "n must be between 1 and %d, got %d".formatted(MAX_CHOICES, n));
    check(maxTokens.isEmpty() || maxTokens.getAsInt() >= 1, "max_tokens must be at least 1");
    check(stop.size() <= MAX_STOPS, "stop must have at most %d texts".formatted(MAX_STOPS));
    check(stop.stream().noneMatch(String::isEmpty), "stop must not hold an empty text");
    int top = topLogprobs.orElse(0);
    check(
        top >= 0 && top <= MAX_TOP_LOGPROBS,
        "top_logprobs must be between 0 and %d, got %d".formatted(MAX_TOP_LOGPROBS, top));
  }

  /** A request for any text, without tools. */
  public ChatRequest(
      List<Message> messages,
      Optional<SamplingParams> sampling,
      OptionalInt maxTokens,
      int n,
      List<String> stop,
      OptionalLong seed,
      OptionalInt topLogprobs,
      boolean ignoreEndOfText,
      CacheScope cacheScope) {
    this(
        messages,
        sampling,
        maxTokens,
        n,
        stop,
        seed,
        topLogprobs,
        ignoreEndOfText,
        cacheScope,
        ResponseFormat.TEXT,
        ToolUse.NONE,
        Optional.empty());
  }

  /** One answer to these messages, everything else at its default. */
  public static ChatRequest of(Message... messages) {
    return of(List.of(messages));
  }

  /** As {@link #of(Message...)}. */
  public static ChatRequest of(List<Message> messages) {
    return new ChatRequest(
        messages,
        Optional.empty(),
        OptionalInt.empty(),
        1,
        List.of(),
        OptionalLong.empty(),
        OptionalInt.empty(),
        false,
        CacheScope.COMMON);
  }

  /** This request with other sampling. */
  public ChatRequest withSampling(SamplingParams newSampling) {
    return with(draft -> draft.sampling = Optional.of(newSampling));
  }

  /** This request with a limit on the tokens of a choice. */
  public ChatRequest withMaxTokens(int newMaxTokens) {
    return with(draft -> draft.maxTokens = OptionalInt.of(newMaxTokens));
  }

  /** This request with several choices. */
  public ChatRequest withChoices(int newN) {
    return with(draft -> draft.n = newN);
  }

  /** This request with a seed. */
  public ChatRequest withSeed(long newSeed) {
    return with(draft -> draft.seed = OptionalLong.of(newSeed));
  }

  /** This request in another scope. */
  public ChatRequest withCacheScope(CacheScope newScope) {
    return with(draft -> draft.cacheScope = newScope);
  }

  /** This request for an answer of a format. */
  public ChatRequest withResponseFormat(ResponseFormat newFormat) {
    return with(draft -> draft.responseFormat = newFormat);
  }

  /** This request with tools. */
  public ChatRequest withTools(ToolUse newTools) {
    return with(draft -> draft.tools = newTools);
  }

  /** This request with more or less thinking. */
  public ChatRequest withEffort(ReasoningEffort newEffort) {
    return with(draft -> draft.effort = Optional.of(newEffort));
  }

  private ChatRequest with(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return new ChatRequest(
        messages,
        draft.sampling,
        draft.maxTokens,
        draft.n,
        stop,
        draft.seed,
        topLogprobs,
        ignoreEndOfText,
        draft.cacheScope,
        draft.responseFormat,
        draft.tools,
        draft.effort);
  }

  /** What the {@code with} methods change. */
  private static final class Draft {
    private Optional<SamplingParams> sampling;
    private OptionalInt maxTokens;
    private int n;
    private OptionalLong seed;
    private CacheScope cacheScope;
    private ResponseFormat responseFormat;
    private ToolUse tools;
    private Optional<ReasoningEffort> effort;

    Draft(ChatRequest request) {
      sampling = request.sampling;
      maxTokens = request.maxTokens;
      n = request.n;
      seed = request.seed;
      cacheScope = request.cacheScope;
      responseFormat = request.responseFormat;
      tools = request.tools;
      effort = request.effort;
    }
  }

  private static void check(boolean valid, String message) {
    if (!valid) {
      throw new IllegalArgumentException(message);
    }
  }
}
