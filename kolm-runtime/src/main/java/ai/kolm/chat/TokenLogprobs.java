package ai.kolm.chat;

import ai.kolm.engine.GenerationEvent.GeneratedToken;
import ai.kolm.sampling.TokenScores;
import ai.kolm.tokenizer.Vocabulary;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Gives scores of tokens the texts of a vocabulary. Safe for use by many threads. */
record TokenLogprobs(Vocabulary vocabulary) {

  /** Those of the tokens that have scores. */
  List<TokenLogprob> of(List<GeneratedToken> tokens) {
    List<TokenLogprob> logprobs = new ArrayList<>();
    for (GeneratedToken token : tokens) {
      TokenScores scores = token.scores();
      if (scores != null) {
        logprobs.add(of(token.id(), token.bytes(), scores));
      }
    }
    return logprobs;
  }

  /**
   * One token.
   *
   * @param bytes what it adds to the text
   */
  TokenLogprob of(int id, byte[] bytes, TokenScores scores) {
    List<TokenLogprob.Alternative> top = new ArrayList<>();
    for (int i = 0; i < scores.topIds().length; i++) {
      int other = scores.topIds()[i];
      byte[] otherBytes = isControl(other) ? new byte[0] : vocabulary.bytes(other);
      top.add(
          new TokenLogprob.Alternative(
              other, text(other, otherBytes), otherBytes, scores.topLogprobs()[i]));
    }
    return new TokenLogprob(id, text(id, bytes), bytes, scores.logprob(), top);
  }

  private String text(int id, byte[] bytes) {
    return isControl(id) ? vocabulary.name(id) : new String(bytes, StandardCharsets.UTF_8);
  }

  private boolean isControl(int id) {
    return vocabulary.kind(id) == Vocabulary.Kind.CONTROL;
  }
}
