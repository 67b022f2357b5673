package ai.kolm.chat;

import java.util.List;

/**
 * A generated token and how likely the model found it: log-softmax of the raw logits, before
 * penalties, temperature and grammar.
 *
 * @param id the token
 * @param text its text; U+FFFD where it is only part of a character
 * @param bytes its bytes; empty for a special token
 * @param logprob natural logarithm of its probability
 * @param top the most likely tokens at this place, most likely first
 */
public record TokenLogprob(
    int id, String text, byte[] bytes, double logprob, List<Alternative> top) {

  /** A token that could have stood in the same place; fields as above. */
  public record Alternative(int id, String text, byte[] bytes, double logprob) {}

  /** Copies the list. */
  public TokenLogprob {
    top = List.copyOf(top);
  }
}
