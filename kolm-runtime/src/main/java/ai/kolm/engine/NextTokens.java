package ai.kolm.engine;

import ai.kolm.grammar.TokenMask;
import ai.kolm.grammar.TokenMatcher;
import ai.kolm.model.LogitColumns;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What may come next in one answer: the state of its grammar, and the mask of that state, which is
 * made once, whoever asks first: before the model computes logits, to tell which will be read; or
 * behind a token, to tell whether anything may follow.
 */
final class NextTokens {
  private final TokenMatcher matcher;
  private final int vocabularySize;
  private final LongConsumer maskFilled;

  // Made for the first token: an answer that waits should cost little.
  private @Nullable TokenMask mask;
  private @Nullable LogitColumns columns;

  /** Whether the mask is that of the state of the matcher. */
  private boolean filled;

  /**
   * @param matcher at the start of the answer; nobody else moves it
   * @param vocabularySize tokens are below this
   * @param maskFilled told the nanoseconds that a mask has taken
   */
  NextTokens(TokenMatcher matcher, int vocabularySize, LongConsumer maskFilled) {
    this.matcher = matcher;
    this.vocabularySize = vocabularySize;
    this.maskFilled = maskFilled;
  }

  TokenMatcher matcher() {
    return matcher;
  }

  void accept(int token) {
    filled = false;
    matcher.accept(token);
  }

  /** The tokens that may come next; valid until one is accepted. */
  TokenMask mask() {
    TokenMask current = mask;
    if (current == null) {
      current = new TokenMask(vocabularySize);
      mask = current;
    }
    if (!filled) {
      if (matcher.isFree()) {
        matcher.fill(current);
      } else {
        long start = System.nanoTime();
        matcher.fill(current);
        maskFilled.accept(System.nanoTime() - start);
      }
      filled = true;
    }
    return current;
  }

  /** The token that must come next; -1 if there is a choice, or nothing may come. */
  int only() {
    TokenMask current = mask();
    int first = current.next(0);
    return first >= 0 && current.next(first + 1) < 0 ? first : -1;
  }

  /** The columns of logits that choosing the next token reads; valid until one is accepted. */
  LogitColumns columns() {
    TokenMask current = mask();
    LogitColumns wanted = columns;
    if (wanted == null) {
      wanted = new LogitColumns(vocabularySize);
      columns = wanted;
    }
    if (current.allowsAll()) {
      wanted.addAll();
      return wanted;
    }
    wanted.clear();
    for (int word = 0; word < current.words() && !wanted.all(); word++) {
      wanted.add(word, current.word(word));
    }
    return wanted;
  }
}
