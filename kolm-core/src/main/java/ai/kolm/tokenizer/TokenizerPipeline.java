package ai.kolm.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;

/**
 * A tokenizer from its parts. A text goes through them in this order:
 *
 * <ol>
 *   <li>added tokens are found in it as it is written; what lies between them is
 *   <li>normalized;
 *   <li>added tokens are found in the normalized text; what lies between them is
 *   <li>prepared (a space in front, spaces written as another character);
 *   <li>split into words;
 *   <li>each word becomes tokens by the model, or by what is remembered of it.
 * </ol>
 */
final class TokenizerPipeline implements Tokenizer {
  private final AddedTokenMatcher added;
  private final AddedTokenMatcher addedNormalized;
  private final Stages stages;
  private final WordCache words;
  private final Detokenizer detokenizer;

  /**
   * What happens to text that is no added token.
   *
   * @param normalizer before added tokens are found in normalized text
   * @param preparation after that
   * @param splitter makes words
   * @param model makes tokens of a word
   */
  record Stages(
      Normalizer normalizer, Normalizer preparation, Splitter splitter, TokenModel model) {}

  TokenizerPipeline(List<AddedToken> added, Stages stages, Detokenizer detokenizer) {
    this.added = new AddedTokenMatcher(added.stream().filter(t -> !t.normalized()).toList());
    addedNormalized =
        new AddedTokenMatcher(
            added.stream()
                .filter(AddedToken::normalized)
                .map(token -> normalized(token, stages.normalizer))
                .toList());
    this.stages = stages;
    this.words = new WordCache(stages.model);
    this.detokenizer = detokenizer;
  }

  private static AddedToken normalized(AddedToken token, Normalizer normalizer) {
    if (token.content().isEmpty()) {
      return token;
    }
    Normalizer.Text text =
        normalizer.apply(Normalizer.Text.of(token.content().getBytes(UTF_8)), false);
    String content = new String(text.bytes(), text.from(), text.length(), UTF_8);
    return token.withContent(content);
  }

  @Override
  public int[] encode(String text, SpecialTokens special) {
    byte[] bytes = text.getBytes(UTF_8);
    Encoding encoding = new Encoding(special == SpecialTokens.LITERAL, bytes.length / 3);
    added.split(bytes, 0, bytes.length, encoding.literal, encoding);
    return encoding.ids.from(0);
  }

  /** One text on its way. */
  private final class Encoding implements AddedTokenMatcher.Fragments {
    final boolean literal;
    final IdBuffer ids;
    private final AddedTokenMatcher.Fragments normalized;
    private boolean first;

    Encoding(boolean literal, int expected) {
      this.literal = literal;
      ids = new IdBuffer(expected);
      Splitter.Words toIds = (text, from, to) -> words.encode(text, from, to, ids);
      normalized =
          new AddedTokenMatcher.Fragments() {
            @Override
            public void text(byte[] bytes, int from, int to) {
              boolean start = first && from == 0;
              Normalizer.Text text =
                  stages.preparation.apply(new Normalizer.Text(bytes, from, to), start);
              if (text.length() > 0) {
                stages.splitter.split(text.bytes(), text.from(), text.to(), toIds);
              }
            }

            @Override
            public void token(int id) {
              ids.add(id);
            }
          };
    }

    @Override
    public void text(byte[] bytes, int from, int to) {
      first = from == 0;
      Normalizer.Text text = stages.normalizer.apply(new Normalizer.Text(bytes, from, to), first);
      if (text.length() > 0) {
        addedNormalized.split(text.bytes(), text.from(), text.to(), literal, normalized);
      }
    }

    @Override
    public void token(int id) {
      ids.add(id);
    }
  }

  @Override
  public String decode(int... ids) {
    return detokenizer.decode(ids);
  }

  @Override
  public TokenDecoder decoder() {
    return detokenizer.stream();
  }

  @Override
  public Vocabulary vocabulary() {
    return detokenizer.table();
  }
}
