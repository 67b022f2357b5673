package ai.kolm.chat;

import ai.kolm.prompt.Prompt;
import ai.kolm.tokenizer.Tokenizer;
import ai.kolm.tokenizer.Tokenizer.SpecialTokens;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Encodes a rendered prompt. Only text of the template can become special tokens: pieces of the
 * template and pieces of messages are never joined before they are encoded, so nothing that a user
 * writes, alone or together with its surroundings, can end a message.
 */
final class PromptTokens {
  private PromptTokens() {}

  static int[] encode(Tokenizer tokenizer, Prompt prompt) {
    List<Prompt.Segment> segments = prompt.segments();
    IntStream ids = IntStream.empty();
    for (int at = 0; at < segments.size(); ) {
      boolean fromTemplate = segments.get(at).fromTemplate();
      StringBuilder text = new StringBuilder();
      while (at < segments.size() && segments.get(at).fromTemplate() == fromTemplate) {
        text.append(segments.get(at++).text());
      }
      SpecialTokens special = fromTemplate ? SpecialTokens.PARSE : SpecialTokens.LITERAL;
      ids = IntStream.concat(ids, IntStream.of(tokenizer.encode(text.toString(), special)));
    }
    // Templates often write the first token themselves.
    return tokenizer.vocabulary().withBos(ids.toArray());
  }
}
