package ai.kolm.chat;

import ai.kolm.engine.EndReason;
import ai.kolm.engine.EngineException;
import ai.kolm.engine.GenerationEvent;
import ai.kolm.engine.Timings;
import ai.kolm.engine.TokenStream;
import ai.kolm.prompt.Message;
import ai.kolm.prompt.Role;
import ai.kolm.tokenizer.Vocabulary;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The continuations of a request's prompts, one prompt after the other; a few prompts run ahead of
 * the one that is read. Its chunks are {@link ChatChunk.Text}, {@link ChatChunk.End} and one {@link
 * ChatChunk.Done}. An echo is a text of its own; the log-probability of a token that nothing stands
 * before is NaN.
 */
public final class TextStream implements AnswerStream {
  /** Prompts that run at a time: enough to fill steps, few enough to leave room for others. */
  private static final int AHEAD = 8;

  private final TextRequest request;
  private final TokenLogprobs scores;
  private final Function<? super TextPrompt, TokenStream> start;
  private final Deque<ChatChunk> ready = new ArrayDeque<>();
  private final List<TokenLogprob> promptScores = new ArrayList<>();
  private final ReentrantLock lock = new ReentrantLock();

  /** Those that run, the one that is read first. */
  private final Deque<TokenStream> running = new ArrayDeque<>();

  private boolean closed;
  private int submitted;
  private int current;
  private boolean echoed;
  private boolean done;
  private Usage usage = new Usage(0, 0, 0);
  private Timings timings = new Timings(Duration.ZERO, Duration.ZERO, Duration.ZERO);

  TextStream(
      TextRequest request, Vocabulary vocabulary, Function<? super TextPrompt, TokenStream> start) {
    this.request = request;
    this.scores = new TokenLogprobs(vocabulary);
    this.start = start;
    submit();
  }

  /** Starts as many prompts as may run. */
  private void submit() {
    lock.lock();
    try {
      while (!closed && running.size() < AHEAD && submitted < request.prompts().size()) {
        running.add(start.apply(request.prompts().get(submitted)));
        submitted++;
      }
    } catch (EngineException e) {
      if (running.isEmpty()) {
        throw e;
      }
      // The queue is full: what runs will make room.
    } finally {
      lock.unlock();
    }
  }

  @Override
  public @Nullable ChatChunk next() {
    while (ready.isEmpty() && !done) {
      advance();
    }
    return ready.poll();
  }

  private void advance() {
    TokenStream tokens = running.peek();
    if (tokens == null) {
      finish();
      return;
    }
    GenerationEvent event = tokens.next();
    switch (event) {
      case null -> {
        lock.lock();
        try {
          running.remove();
        } finally {
          lock.unlock();
        }
        current++;
        echoed = false;
        promptScores.clear();
        submit();
      }
      case GenerationEvent.PromptToken token -> promptScores.add(score(token));
      case GenerationEvent.Piece piece -> {
        echo();
        ready.add(
            new ChatChunk.Text(choice(piece.choice()), piece.text(), scores.of(piece.tokens())));
      }
      case GenerationEvent.Finished end -> {
        echo();
        ready.add(new ChatChunk.End(choice(end.choice()), reason(end.reason())));
      }
      case GenerationEvent.Done account -> count(account);
    }
  }

  private int choice(int ofPrompt) {
    return current * request.bestOf() + ofPrompt;
  }

  private TokenLogprob score(GenerationEvent.PromptToken token) {
    byte[] bytes = scores.vocabulary().bytes(token.id());
    return scores.of(token.id(), bytes, token.scores());
  }

  /** The prompt leads each of its continuations; its scores come before any of them. */
  private void echo() {
    if (!request.echo() || echoed) {
      return;
    }
    echoed = true;
    TextPrompt prompt = request.prompts().get(current);
    List<TokenLogprob> tokens = new ArrayList<>();
    if (request.topLogprobs().isPresent()) {
      tokens.add(first(prompt.ids()[0]));
      tokens.addAll(promptScores);
      tokens.subList(0, prompt.added()).clear();
    }
    for (int i = 0; i < request.bestOf(); i++) {
      ready.add(new ChatChunk.Text(choice(i), prompt.text(), tokens));
    }
  }

  private TokenLogprob first(int id) {
    byte[] bytes = scores.vocabulary().bytes(id);
    String text = new String(bytes, java.nio.charset.StandardCharsets.UTF_8);
    return new TokenLogprob(id, text, bytes, Double.NaN, List.of());
  }

  private void count(GenerationEvent.Done account) {
    usage =
        new Usage(
            usage.promptTokens() + account.promptTokens(),
            usage.cachedTokens() + account.cachedTokens(),
            usage.completionTokens() + account.generatedTokens());
    if (current == 0) {
      timings = account.timings();
    }
  }

  /** All is said; a stream that was closed says of the rest that it was cut. */
  private void finish() {
    done = true;
    for (; current < request.prompts().size(); current++) {
      for (int i = 0; i < request.bestOf(); i++) {
        ready.add(new ChatChunk.End(choice(i), FinishReason.CANCELLED));
      }
    }
    ready.add(new ChatChunk.Done(usage, timings));
  }

  private static FinishReason reason(EndReason reason) {
    return switch (reason) {
      case END_OF_TEXT, STOP_STRING -> FinishReason.STOP;
      case LENGTH -> FinishReason.LENGTH;
      case CANCELLED -> FinishReason.CANCELLED;
    };
  }

  @Override
  public ChatResponse toResponse() {
    List<Draft> drafts =
        IntStream.range(0, request.prompts().size() * request.bestOf())
            .mapToObj(_ -> new Draft())
            .toList();
    for (ChatChunk chunk = next(); chunk != null; chunk = next()) {
      switch (chunk) {
        case ChatChunk.Text text -> drafts.get(text.choice()).add(text);
        case ChatChunk.End end -> drafts.get(end.choice()).reason = end.reason();
        default -> {}
      }
    }
    List<ChatResponse.Choice> choices = new ArrayList<>();
    for (Draft draft : request.bestOf() > request.n() ? best(drafts) : drafts) {
      choices.add(draft.choice(choices.size(), request.topLogprobs().isPresent()));
    }
    return new ChatResponse(choices, usage, timings);
  }

  /** The likeliest of each prompt, likeliest first. */
  private List<Draft> best(List<Draft> drafts) {
    List<Draft> best = new ArrayList<>();
    for (int at = 0; at < drafts.size(); at += request.bestOf()) {
      drafts.subList(at, at + request.bestOf()).stream()
          .sorted(Comparator.comparingDouble(Draft::likelihood).reversed())
          .limit(request.n())
          .forEach(best::add);
    }
    return best;
  }

  /** A continuation while it is written. */
  private static final class Draft {
    private final StringBuilder text = new StringBuilder();
    private final List<TokenLogprob> logprobs = new ArrayList<>();
    private FinishReason reason = FinishReason.CANCELLED;

    void add(ChatChunk.Text chunk) {
      text.append(chunk.text());
      logprobs.addAll(chunk.logprobs());
    }

    /** Per token, so that long ones do not lose. */
    double likelihood() {
      return logprobs.stream()
          .mapToDouble(TokenLogprob::logprob)
          .filter(Double::isFinite)
          .average()
          .orElse(0);
    }

    ChatResponse.Choice choice(int index, boolean scored) {
      Message message = new Message(Role.ASSISTANT, text.toString(), null, List.of(), null, null);
      return new ChatResponse.Choice(index, message, reason, scored ? logprobs : List.of());
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      running.forEach(TokenStream::close);
    } finally {
      lock.unlock();
    }
  }
}
