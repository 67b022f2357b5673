package ai.kolm.engine;

import ai.kolm.fake.FakeModel;
import ai.kolm.fake.FakeTokenizer;
import ai.kolm.grammar.TokenMask;
import ai.kolm.grammar.TokenMatcher;
import ai.kolm.sampling.Candidates;
import ai.kolm.sampling.SamplerChain;
import ai.kolm.tokenizer.TokenDecoder;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What a request has to answer: one loop over one answer, without blocks, batches, threads or text
 * that is held back.
 */
final class Oracle {

  /**
   * One answer.
   *
   * @param tokens all that were chosen
   * @param text all of the answer's text
   */
  record Expected(List<Integer> tokens, String text, EndReason reason) {}

  private final FakeModel model;
  private final FakeTokenizer tokenizer;
  private final int contextLength;

  Oracle(FakeModel model, FakeTokenizer tokenizer, int contextLength) {
    this.model = model;
    this.tokenizer = tokenizer;
    this.contextLength = contextLength;
  }

  Expected answer(GenerationRequest request, int choice) {
    int size = tokenizer.vocabulary().size();
    TokenMatcher matcher = request.grammar().matcher();
    SamplerChain chain =
        SamplerChain.of(request.sampling(), request.prompt(), request.seed(), choice);
    Candidates scratch = new Candidates(size);
    TokenDecoder decoder = tokenizer.decoder();
    List<Integer> tokens = new ArrayList<>();
    StringBuilder text = new StringBuilder();
    TokenMask mask = new TokenMask(size);
    int room = Math.min(request.end().maxTokens(), contextLength - request.prompt().length);
    while (tokens.size() < room) {
      matcher.fill(mask);
      if (mask.next(0) < 0) {
        return new Expected(tokens, text + decoder.finish(), EndReason.END_OF_TEXT);
      }
      int token = chain.next(model.row(all(request.prompt(), tokens)), mask, scratch);
      tokens.add(token);
      if (token == FakeTokenizer.END && !request.end().ignoreEndTokens()) {
        return new Expected(tokens, text + decoder.finish(), EndReason.END_OF_TEXT);
      }
      boolean free = matcher.isFree();
      matcher.accept(token);
      int before = text.length();
      text.append(token <= FakeTokenizer.TURN ? "" : decoder.next(token));
      int cut = cut(text.toString(), before, request.end().stopStrings());
      if (free && cut >= 0) {
        return new Expected(tokens, text.substring(0, cut), EndReason.STOP_STRING);
      }
      matcher.fill(mask);
      boolean onlyEnd = mask.next(0) == FakeTokenizer.END && mask.next(FakeTokenizer.END + 1) < 0;
      if (!matcher.isFree() && matcher.isComplete() && (onlyEnd || mask.next(0) < 0)) {
        return new Expected(tokens, text + decoder.finish(), EndReason.END_OF_TEXT);
      }
    }
    return new Expected(tokens, text + decoder.finish(), EndReason.LENGTH);
  }

  private static int[] all(int[] prompt, List<Integer> tokens) {
    return IntStream.concat(IntStream.of(prompt), tokens.stream().mapToInt(token -> token))
        .toArray();
  }

  private static int cut(String text, int from, List<String> stops) {
    for (int end = from + 1; end <= text.length(); end++) {
      String prefix = text.substring(0, end);
      int longest =
          stops.stream().filter(prefix::endsWith).mapToInt(String::length).max().orElse(0);
      if (longest > 0) {
        return end - longest;
      }
    }
    return -1;
  }
}
