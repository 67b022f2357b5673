package ai.kolm.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.chat.ChatCompletions;
import ai.kolm.chat.ChatRequest;
import ai.kolm.chat.ResponseFormat;
import ai.kolm.engine.CacheScope;
import ai.kolm.engine.EndConditions;
import ai.kolm.engine.GenerationEvent;
import ai.kolm.engine.GenerationEvent.GeneratedToken;
import ai.kolm.engine.GenerationRequest;
import ai.kolm.engine.TokenStream;
import ai.kolm.grammar.Grammar;
import ai.kolm.grammar.GrammarLimits;
import ai.kolm.grammar.TokenMask;
import ai.kolm.grammar.TokenMatcher;
import ai.kolm.grammar.compiler.GrammarCompiler;
import ai.kolm.json.Json;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonReader;
import ai.kolm.prompt.Message;
import ai.kolm.reference.ReferenceData;
import ai.kolm.sampling.SamplingParams;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Property names that go through SmolLM2 at once: written plainly, where a weak model that chooses
 * each token may wander off into escapes, and with the scores that the model gives when it reads
 * the answer.
 */
final class RealModelForcedTokensTest {
  private static final List<String> NAMES =
      List.of(
          "customer_reference_number",
          "preferred_delivery_address_country",
          "is_subscribed_to_monthly_newsletter",
          "number_of_previous_purchases_this_year",
          "estimated_satisfaction_level_percentage");

  /** All that is asked for and answered. */
  private record Answer(List<GeneratedToken> tokens, String text, long nanos) {
    int[] ids() {
      return tokens.stream().mapToInt(GeneratedToken::id).toArray();
    }
  }

  /** A grammar that does not tell what it forces. */
  private record Silent(Grammar grammar) implements Grammar {
    @Override
    public TokenMatcher matcher() {
      return new SilentMatcher(grammar.matcher());
    }
  }

  private record SilentMatcher(TokenMatcher matcher) implements TokenMatcher {
    @Override
    public void fill(TokenMask mask) {
      matcher.fill(mask);
    }

    @Override
    public void accept(int token) {
      matcher.accept(token);
    }

    @Override
    public boolean isComplete() {
      return matcher.isComplete();
    }

    @Override
    public void rollback(int tokens) {
      matcher.rollback(tokens);
    }

    @Override
    public TokenMatcher fork() {
      return new SilentMatcher(matcher.fork());
    }
  }

  private static String schema() {
    String properties =
        NAMES.stream()
            .map(
                name -> "\"%s\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":9}".formatted(name))
            .collect(Collectors.joining(","));
    String required = NAMES.stream().map("\"%s\""::formatted).collect(Collectors.joining(","));
    return "{\"type\":\"object\",\"properties\":{%s},\"required\":[%s],\"additionalProperties\":false}"
        .formatted(properties, required);
  }

  private static GenerationRequest request(int[] prompt, Grammar grammar, OptionalInt logprobs) {
    return new GenerationRequest(
        prompt,
        1,
        SamplingParams.GREEDY,
        1,
        EndConditions.atMost(200),
        grammar,
        logprobs,
        OptionalInt.empty(),
        CacheScope.COMMON);
  }

  private static Answer answer(ChatCompletions chat, GenerationRequest request) {
    long start = System.nanoTime();
    List<GeneratedToken> tokens = new ArrayList<>();
    StringBuilder text = new StringBuilder();
    try (TokenStream stream = chat.engine().submit(request)) {
      for (GenerationEvent e = stream.next(); e != null; e = stream.next()) {
        if (e instanceof GenerationEvent.Piece piece) {
          tokens.addAll(piece.tokens());
          text.append(piece.text());
        }
      }
    }
    return new Answer(tokens, text.toString(), System.nanoTime() - start);
  }

  @Test
  void longNamesAreWrittenPlainlyAndAtOnce() throws Exception {
    try (ChatCompletions chat = ChatCompletions.open(ReferenceData.smollm2())) {
      Grammar grammar =
          new GrammarCompiler(chat.tokenizer().vocabulary(), GrammarLimits.DEFAULT)
              .jsonSchema(
                  JsonReader.read(schema().getBytes(UTF_8), JsonLimits.DEFAULT),
                  ResponseFormat.JsonSchema.STYLE);
      int[] prompt =
          chat.promptTokens(ChatRequest.of(Message.user("Describe a customer as JSON.")));
      Answer stepped = answer(chat, request(prompt, new Silent(grammar), OptionalInt.empty()));
      long before = chat.engine().metrics().computedTokens();
      Answer ahead = answer(chat, request(prompt, grammar, OptionalInt.empty()));
      assertTrue(chat.engine().metrics().computedTokens() > before);
      Json.Obj read = (Json.Obj) JsonReader.read(ahead.text().getBytes(UTF_8), JsonLimits.DEFAULT);
      assertEquals(NAMES, List.copyOf(read.members().keySet()));
      assertFalse(ahead.text().contains("\\u"), "what is forced is written plainly");
      Answer scored = answer(chat, request(prompt, grammar, OptionalInt.of(1)));
      assertEquals(ahead.text(), scored.text());
      checkScores(chat, prompt, scored);
      System.out.printf(
          "five long names: %d tokens one by one in %.0f ms, %d tokens with what is forced at once"
              + " in %.0f ms%n",
          stepped.tokens().size(),
          stepped.nanos() / 1e6,
          ahead.tokens().size(),
          ahead.nanos() / 1e6);
    }
  }

  /** Against the same tokens read as a prompt; how many rows a batch has may change last bits. */
  private static void checkScores(ChatCompletions chat, int[] prompt, Answer answer) {
    int[] all = IntStream.concat(IntStream.of(prompt), IntStream.of(answer.ids())).toArray();
    var scores = chat.engine().score(all, 1);
    for (int i = 0; i < answer.tokens().size(); i++) {
      var own = answer.tokens().get(i).scores();
      var read = scores.get(prompt.length - 1 + i);
      assertEquals(read.logprob(), own == null ? 1 : own.logprob(), 2e-2, "token " + i);
    }
  }
}
