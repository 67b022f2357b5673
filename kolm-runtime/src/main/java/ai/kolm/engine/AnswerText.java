package ai.kolm.engine;

import ai.kolm.engine.GenerationEvent.GeneratedToken;
import ai.kolm.engine.GenerationEvent.Piece;
import ai.kolm.sampling.TokenScores;
import ai.kolm.tokenizer.TokenDecoder;
import ai.kolm.tokenizer.Vocabulary;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * From the tokens of one answer to the pieces that may be shown. Control tokens have no text, but
 * for those that whoever asked wants to see. Two things hold text back: a character that is not
 * whole yet, and a beginning that may become a stop string. A token waits until all of its text is
 * out; so the bytes of the tokens released are those of the text released, up to the start of a
 * token that is partly out.
 *
 * <p>Where a token ends in the text is counted in UTF-8 bytes. Its own bytes say so; whenever no
 * character is unfinished the text itself says so and is believed, because a decoder may drop a
 * leading space or replace ill-formed bytes.
 */
final class AnswerText {
  private final int choice;
  private final TokenDecoder decoder;
  private final Vocabulary vocabulary;
  private final Set<Integer> shown;
  private final StopStrings stops;
  private final Deque<Token> tokens = new ArrayDeque<>();
  private final StringBuilder held = new StringBuilder();
  private long decodedBytes;
  private long releasedBytes;
  private boolean whole = true;
  private boolean stopped;
  private boolean finished;

  /** Where the last token, and where the last released one, ends. */
  private long lastEnd;

  private long releasedEnd;

  /** A token not released; {@code end} in bytes of the answer. */
  private static final class Token {
    final int id;
    final @Nullable TokenScores scores;
    byte[] bytes;
    long end;

    Token(int id, @Nullable TokenScores scores, byte[] bytes, long start) {
      this.id = id;
      this.scores = scores;
      this.bytes = bytes;
      this.end = start + bytes.length;
    }

    GeneratedToken generated(int shownBytes) {
      return new GeneratedToken(id, Arrays.copyOf(bytes, shownBytes), scores);
    }
  }

  AnswerText(
      int choice,
      TokenDecoder decoder,
      Vocabulary vocabulary,
      Set<Integer> shown,
      StopStrings stops) {
    this.choice = choice;
    this.decoder = decoder;
    this.vocabulary = vocabulary;
    this.shown = shown;
    this.stops = stops;
  }

  /**
   * Takes the next token, unless {@link #stopped}.
   *
   * @param free whether a stop string may begin or go on in it
   */
  void accept(int id, @Nullable TokenScores scores, boolean free) {
    boolean control = vocabulary.kind(id) == Vocabulary.Kind.CONTROL;
    boolean silent = control && !shown.contains(id);
    byte[] bytes = silent ? new byte[0] : vocabulary.bytes(id);
    Token token = new Token(id, scores, bytes, lastEnd);
    tokens.add(token);
    lastEnd = token.end;
    String text = silent ? "" : control ? vocabulary.name(id) : decoder.next(id);
    if (free) {
      append(text);
    } else {
      decodedBytes += utf8(text).length;
      held.append(text);
      stops.reset();
    }
    if (!decoder.fork().finish().isEmpty()) {
      whole = false;
    } else {
      token.bytes = whole ? utf8(text) : bytes;
      settle();
    }
  }

  /** No character is unfinished: the tokens so far end where the text does. */
  private void settle() {
    for (Token token : tokens) {
      token.end = Math.min(token.end, decodedBytes);
    }
    if (!tokens.isEmpty()) {
      tokens.getLast().end = decodedBytes;
    }
    lastEnd = decodedBytes;
    whole = true;
  }

  private void append(String text) {
    decodedBytes += utf8(text).length;
    for (int i = 0; i < text.length() && !stopped; i++) {
      held.append(text.charAt(i));
      int length = stops.next(text.charAt(i));
      if (length > 0) {
        held.setLength(held.length() - length);
        stopped = true;
      }
    }
  }

  /** No token follows: nothing needs to be held back any more. */
  void finish() {
    if (!stopped) {
      append(decoder.finish());
      settle();
    }
    finished = true;
  }

  /** Whether a stop string was found: the answer ends before it. */
  boolean stopped() {
    return stopped;
  }

  /** What has become certain since the last call; {@code null} if nothing. */
  @Nullable Piece release() {
    int undecided = stopped || finished ? 0 : stops.undecided();
    String text = held.substring(0, held.length() - undecided);
    held.delete(0, text.length());
    releasedBytes += utf8(text).length;
    List<GeneratedToken> released = new ArrayList<>();
    while (!tokens.isEmpty() && tokens.getFirst().end <= releasedBytes) {
      Token token = tokens.removeFirst();
      releasedEnd = token.end;
      released.add(token.generated(token.bytes.length));
    }
    if (stopped && !tokens.isEmpty()) {
      Token cut = tokens.removeFirst();
      tokens.clear();
      int shown = (int) Math.min(cut.bytes.length, releasedBytes - releasedEnd);
      if (shown > 0) {
        released.add(cut.generated(shown));
      }
    }
    return text.isEmpty() && released.isEmpty() ? null : new Piece(choice, text, released);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
