package ai.kolm.chat;

import ai.kolm.engine.EndReason;
import ai.kolm.engine.EngineException;
import ai.kolm.engine.GenerationEvent;
import ai.kolm.engine.GenerationEvent.GeneratedToken;
import ai.kolm.engine.Timings;
import ai.kolm.engine.TokenStream;
import ai.kolm.prompt.Message;
import ai.kolm.sampling.TokenScores;
import ai.kolm.tokenizer.Vocabulary;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The answers to a request, pulled by their reader as they come. A reader that does not read pauses
 * its own answers only; {@link #close} ends them. For one thread at a time, but any thread may
 * close.
 */
public final class ChatStream implements AutoCloseable {
  private final TokenStream tokens;
  private final Vocabulary vocabulary;
  private final int choices;
  private int started;

  ChatStream(TokenStream tokens, Vocabulary vocabulary, int choices) {
    this.tokens = tokens;
    this.vocabulary = vocabulary;
    this.choices = choices;
  }

  /**
   * Waits for the next chunk; {@code null} after the last one. The first ones, a {@link
   * ChatChunk.Start} for each choice, are there at once. A thread that is interrupted closes the
   * stream and stays interrupted.
   *
   * @throws EngineException if the request failed; what came before is delivered first
   */
  public @Nullable ChatChunk next() {
    if (started < choices) {
      return new ChatChunk.Start(started++);
    }
    for (GenerationEvent event = tokens.next(); event != null; event = tokens.next()) {
      ChatChunk chunk =
          switch (event) {
            case GenerationEvent.PromptToken ignored -> null;
            case GenerationEvent.Piece piece -> text(piece);
            case GenerationEvent.Finished end ->
                new ChatChunk.End(end.choice(), reason(end.reason()));
            case GenerationEvent.Done done ->
                new ChatChunk.Done(
                    new Usage(done.promptTokens(), done.cachedTokens(), done.generatedTokens()),
                    done.timings());
          };
      if (chunk != null) {
        return chunk;
      }
    }
    return null;
  }

  /**
   * Reads what is left, and puts it together. A stream that was closed gives what there was.
   *
   * @throws EngineException if the request failed
   */
  public ChatResponse toResponse() {
    List<Draft> drafts = IntStream.range(0, choices).mapToObj(Draft::new).toList();
    Usage usage = new Usage(0, 0, 0);
    Timings timings = new Timings(Duration.ZERO, Duration.ZERO, Duration.ZERO);
    for (ChatChunk chunk = next(); chunk != null; chunk = next()) {
      switch (chunk) {
        case ChatChunk.Start ignored -> {}
        case ChatChunk.Text text -> drafts.get(text.choice()).add(text);
        case ChatChunk.End end -> drafts.get(end.choice()).reason = end.reason();
        case ChatChunk.Done done -> {
          usage = done.usage();
          timings = done.timings();
        }
      }
    }
    return new ChatResponse(drafts.stream().map(Draft::choice).toList(), usage, timings);
  }

  /** A choice while it is written. */
  private static final class Draft {
    private final int index;
    private final StringBuilder text = new StringBuilder();
    private final List<TokenLogprob> logprobs = new ArrayList<>();
    private FinishReason reason = FinishReason.CANCELLED;

    Draft(int index) {
      this.index = index;
    }

    void add(ChatChunk.Text chunk) {
      text.append(chunk.text());
      logprobs.addAll(chunk.logprobs());
    }

    ChatResponse.Choice choice() {
      return new ChatResponse.Choice(index, Message.assistant(text.toString()), reason, logprobs);
    }
  }

  private static FinishReason reason(EndReason reason) {
    return switch (reason) {
      case END_OF_TEXT, STOP_STRING -> FinishReason.STOP;
      case LENGTH -> FinishReason.LENGTH;
      case CANCELLED -> FinishReason.CANCELLED;
    };
  }

  private ChatChunk.@Nullable Text text(GenerationEvent.Piece piece) {
    List<TokenLogprob> logprobs = new ArrayList<>();
    for (GeneratedToken token : piece.tokens()) {
      TokenScores scores = token.scores();
      if (scores != null) {
        logprobs.add(logprob(token, scores));
      }
    }
    return piece.text().isEmpty() && logprobs.isEmpty()
        ? null
        : new ChatChunk.Text(piece.choice(), piece.text(), logprobs);
  }

  private TokenLogprob logprob(GeneratedToken token, TokenScores scores) {
    List<TokenLogprob.Alternative> top = new ArrayList<>();
    for (int i = 0; i < scores.topIds().length; i++) {
      int id = scores.topIds()[i];
      byte[] bytes = isControl(id) ? new byte[0] : vocabulary.bytes(id);
      top.add(new TokenLogprob.Alternative(id, text(id, bytes), bytes, scores.topLogprobs()[i]));
    }
    return new TokenLogprob(
        token.id(), text(token.id(), token.bytes()), token.bytes(), scores.logprob(), top);
  }

  private String text(int id, byte[] bytes) {
    return isControl(id) ? vocabulary.name(id) : new String(bytes, StandardCharsets.UTF_8);
  }

  private boolean isControl(int id) {
    return vocabulary.kind(id) == Vocabulary.Kind.CONTROL;
  }

  /**
   * Stops generating at the latest after the step that is running. The chunks that follow say
   * {@link FinishReason#CANCELLED}.
   */
  @Override
  public void close() {
    tokens.close();
  }
}
