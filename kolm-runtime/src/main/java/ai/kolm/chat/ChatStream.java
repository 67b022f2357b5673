package ai.kolm.chat;

import ai.kolm.chat.tool.ReplyParser;
import ai.kolm.chat.tool.ReplyPart;
import ai.kolm.engine.EndReason;
import ai.kolm.engine.EngineException;
import ai.kolm.engine.GenerationEvent;
import ai.kolm.engine.Timings;
import ai.kolm.engine.TokenStream;
import ai.kolm.prompt.Message;
import ai.kolm.prompt.Role;
import ai.kolm.prompt.ToolCall;
import ai.kolm.tokenizer.Vocabulary;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The answers to a request, pulled by their reader as they come. A reader that does not read pauses
 * its own answers only; {@link #close} ends them. For one thread at a time, but any thread may
 * close.
 */
public final class ChatStream implements AnswerStream {
  private static final String PREFIX = "call_";
  private static final String ALPHABET =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

  private final TokenStream tokens;
  private final TokenLogprobs scores;
  private final int choices;
  private final List<ReplyParser> parsers;
  private final int idLength;
  private final Deque<ChatChunk> ready = new ArrayDeque<>();
  private int started;
  private int reasoningTokens;

  /**
   * @param tokens what the engine generates
   * @param parsers one for each choice
   * @param idLength the characters of a call's name
   */
  ChatStream(TokenStream tokens, Vocabulary vocabulary, List<ReplyParser> parsers, int idLength) {
    this.tokens = tokens;
    this.scores = new TokenLogprobs(vocabulary);
    this.parsers = List.copyOf(parsers);
    this.choices = parsers.size();
    this.idLength = idLength;
  }

  /**
   * Waits for the next chunk; {@code null} after the last one. The first ones, a {@link
   * ChatChunk.Start} for each choice, are there at once. A thread that is interrupted closes the
   * stream and stays interrupted.
   *
   * @throws EngineException if the request failed; what came before is delivered first
   */
  @Override
  public @Nullable ChatChunk next() {
    if (started < choices) {
      return new ChatChunk.Start(started++);
    }
    while (ready.isEmpty()) {
      GenerationEvent event = tokens.next();
      if (event == null) {
        return null;
      }
      take(event);
    }
    return ready.removeFirst();
  }

  private void take(GenerationEvent event) {
    switch (event) {
      case GenerationEvent.PromptToken _ -> {}
      case GenerationEvent.Piece piece -> take(piece);
      case GenerationEvent.Finished end -> {
        ReplyParser parser = parsers.get(end.choice());
        parser.finish().forEach(part -> ready.add(chunk(end.choice(), part)));
        ready.add(new ChatChunk.End(end.choice(), reason(end.reason(), parser.calls() > 0)));
      }
      case GenerationEvent.Done done ->
          ready.add(
              new ChatChunk.Done(
                  new Usage(
                      done.promptTokens(),
                      done.cachedTokens(),
                      done.generatedTokens(),
                      reasoningTokens),
                  done.timings()));
    }
  }

  /** The first text of a piece has its log-probabilities; where there is none, an empty one. */
  private void take(GenerationEvent.Piece piece) {
    List<TokenLogprob> logprobs = scores.of(piece.tokens());
    List<ReplyPart> parts = parsers.get(piece.choice()).next(piece.text());
    if (parts.stream().anyMatch(ReplyPart.Reasoning.class::isInstance)) {
      reasoningTokens += piece.tokens().size();
    }
    for (ReplyPart part : parts) {
      if (part instanceof ReplyPart.Text text) {
        ready.add(new ChatChunk.Text(piece.choice(), text.text(), logprobs));
        logprobs = List.of();
      } else {
        ready.add(chunk(piece.choice(), part));
      }
    }
    if (!logprobs.isEmpty()) {
      ready.add(new ChatChunk.Text(piece.choice(), "", logprobs));
    }
  }

  private ChatChunk chunk(int choice, ReplyPart part) {
    return switch (part) {
      case ReplyPart.Text text -> new ChatChunk.Text(choice, text.text(), List.of());
      case ReplyPart.Reasoning thought -> new ChatChunk.Reasoning(choice, thought.text());
      case ReplyPart.CallStart call ->
          new ChatChunk.ToolCallStart(choice, call.index(), callId(), call.name(), call.custom());
      case ReplyPart.Arguments more ->
          new ChatChunk.ToolCallArguments(choice, more.index(), more.text(), more.custom());
    };
  }

  private String callId() {
    StringBuilder id = new StringBuilder(idLength < PREFIX.length() + 12 ? "" : PREFIX);
    ThreadLocalRandom random = ThreadLocalRandom.current();
    while (id.length() < idLength) {
      id.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
    }
    return id.toString();
  }

  /**
   * Reads what is left, and puts it together. A stream that was closed gives what there was.
   *
   * @throws EngineException if the request failed
   */
  @Override
  public ChatResponse toResponse() {
    List<Draft> drafts = IntStream.range(0, choices).mapToObj(Draft::new).toList();
    Usage usage = new Usage(0, 0, 0);
    Timings timings = new Timings(Duration.ZERO, Duration.ZERO, Duration.ZERO);
    for (ChatChunk chunk = next(); chunk != null; chunk = next()) {
      switch (chunk) {
        case ChatChunk.Start ignored -> {}
        case ChatChunk.Text text -> drafts.get(text.choice()).add(text);
        case ChatChunk.Reasoning thought ->
            drafts.get(thought.choice()).reasoning.append(thought.text());
        case ChatChunk.ToolCallStart call -> drafts.get(call.choice()).calls.add(new Call(call));
        case ChatChunk.ToolCallArguments more ->
            drafts.get(more.choice()).calls.get(more.index()).arguments.append(more.text());
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
    private final StringBuilder reasoning = new StringBuilder();
    private final List<Call> calls = new ArrayList<>();
    private FinishReason reason = FinishReason.CANCELLED;

    Draft(int index) {
      this.index = index;
    }

    void add(ChatChunk.Text chunk) {
      text.append(chunk.text());
      logprobs.addAll(chunk.logprobs());
    }

    /** The choice; an answer of calls alone has no text. */
    ChatResponse.Choice choice() {
      String content = text.isEmpty() && !calls.isEmpty() ? null : text.toString();
      String thoughts = reasoning.isEmpty() ? null : reasoning.toString();
      List<ToolCall> made = calls.stream().map(Call::made).toList();
      Message message = new Message(Role.ASSISTANT, content, null, made, null, thoughts);
      return new ChatResponse.Choice(index, message, reason, logprobs);
    }
  }

  /** A call while it is written. */
  private static final class Call {
    private final String id;
    private final String name;
    private final boolean custom;
    private final StringBuilder arguments = new StringBuilder();

    Call(ChatChunk.ToolCallStart start) {
      this.id = start.id();
      this.name = start.name();
      this.custom = start.custom();
    }

    ToolCall made() {
      return new ToolCall(id, name, arguments.toString(), custom);
    }
  }

  private static FinishReason reason(EndReason reason, boolean calls) {
    return switch (reason) {
      case END_OF_TEXT, STOP_STRING -> calls ? FinishReason.TOOL_CALLS : FinishReason.STOP;
      case LENGTH -> FinishReason.LENGTH;
      case CANCELLED -> FinishReason.CANCELLED;
    };
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
