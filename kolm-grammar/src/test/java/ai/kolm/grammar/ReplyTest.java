package ai.kolm.grammar;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.grammar.ReplyFrame.Otherwise;
import ai.kolm.grammar.ReplyFrame.Thinking;
import ai.kolm.grammar.compiler.GrammarCompiler;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Answers with marks, texts and thoughts around their JSON. */
class ReplyTest {
  private static final String CALL =
      "{\"type\":\"object\",\"properties\":{\"name\":{\"const\":\"f\"},"
          + "\"arguments\":{\"type\":\"object\"}},\"required\":[\"name\",\"arguments\"],"
          + "\"additionalProperties\":false}";
  private static final String GOOD = "{\"name\":\"f\",\"arguments\":{\"a\":[1]}}";
  private static final Thinking THINK = new Thinking("<think>", "</think>", false);

  private final TestVocabulary vocabulary = TestVocabulary.json();
  private final GrammarCompiler compiler = new GrammarCompiler(vocabulary, GrammarLimits.DEFAULT);

  private static ReplyFrame frame(String opening, Otherwise otherwise, boolean repeated) {
    String closing = opening.isEmpty() ? "" : "</call>";
    return new ReplyFrame(opening, closing, otherwise, repeated, Optional.empty());
  }

  private Grammar grammar(ReplyFrame frame) {
    try {
      boolean other = frame.otherwise() == Otherwise.ANSWER;
      return compiler.reply(
          frame,
          SchemaTests.schema(CALL),
          JsonStyle.DEFAULT.with(JsonStyle.KeyOrder.DECLARED),
          other ? Optional.of(SchemaTests.schema("{\"type\":\"integer\"}")) : Optional.empty());
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /** Whether {@code text}, byte by byte, is a whole answer. */
  private static boolean takes(Grammar grammar, String text) {
    TokenMatcher matcher = grammar.matcher();
    try {
      for (byte b : text.getBytes(UTF_8)) {
        matcher.accept(b & 0xFF);
      }
    } catch (IllegalArgumentException e) {
      return false;
    }
    return matcher.isComplete();
  }

  @Test
  void aRequiredCallIsInItsMarks() {
    Grammar grammar = grammar(frame("<call>", Otherwise.NOTHING, false));
    assertTrue(takes(grammar, "<call>" + GOOD + "</call>"));
    assertTrue(takes(grammar, "<call>\n" + GOOD + "\n</call>"));
    for (String wrong :
        List.of(
            "",
            "x",
            GOOD,
            "<call>",
            "<call>" + GOOD,
            "<call>" + GOOD + "</call>\n<call>",
            "<call>" + GOOD + "</call>x",
            "<call>{\"name\":\"g\"")) {
      assertFalse(takes(grammar, wrong), wrong);
    }
  }

  @Test
  void aTextMayComeFirstAndCallsMayFollowEachOther() {
    Grammar grammar = grammar(frame("<call>", Otherwise.TEXT, true));
    String call = "<call>" + GOOD + "</call>";
    for (String right :
        List.of(
            "", "a", "a <", "<<call", "<ca<call>" + GOOD + "</call>", call, call + "\n" + call)) {
      assertTrue(takes(grammar, right), right);
    }
    assertTrue(takes(grammar, "é then " + call + call));
    assertFalse(takes(grammar, "<call>x"));
    assertFalse(takes(grammar, call + " and text"));
    TokenMatcher matcher = grammar.matcher();
    assertTrue(matcher.isFree());
    for (byte b : "x<call>".getBytes(UTF_8)) {
      matcher.accept(b);
    }
    assertFalse(matcher.isFree());
    assertFalse(takes(grammar(frame("<call>", Otherwise.TEXT, false)), call + call));
  }

  @Test
  void withoutAMarkTheFirstCharacterDecides() {
    Grammar grammar = grammar(frame("", Otherwise.TEXT, false));
    assertTrue(takes(grammar, GOOD));
    assertTrue(takes(grammar, "\n " + GOOD));
    assertTrue(takes(grammar, "text {"));
    assertTrue(takes(grammar, "\n text"));
    assertFalse(takes(grammar, "{}"));
    assertFalse(takes(grammar, " {}"));
    assertTrue(takes(grammar(ReplyFrame.BARE), GOOD));
    assertFalse(takes(grammar(ReplyFrame.BARE), "text"));
  }

  @Test
  void anotherAnswerMayStandInTheirPlace() {
    Grammar grammar = grammar(frame("<call>", Otherwise.ANSWER, false));
    assertTrue(takes(grammar, "<call>" + GOOD + "</call>"));
    assertTrue(takes(grammar, "42"));
    assertFalse(takes(grammar, "forty"));
    assertThrows(IllegalArgumentException.class, () -> frame("", Otherwise.ANSWER, false));
  }

  @Test
  void thoughtsComeBeforeEverything() {
    ReplyFrame frame = frame("<t>", Otherwise.NOTHING, false).withThinking(THINK);
    Grammar grammar = grammar(frame);
    String call = "<t>" + GOOD + "</call>";
    assertTrue(takes(grammar, call), "the mark of a call starts like that of thoughts");
    assertTrue(takes(grammar, "<think>{ <t> </thin</think>\n\n" + call));
    assertFalse(takes(grammar, "<think>no end"));
    assertFalse(takes(grammar, "<think></think>"));
    Thinking begun = new Thinking("<think>", "</think>", true);
    assertTrue(takes(grammar(frame.withThinking(begun)), "so</think>" + call));
    assertTrue(takes(grammar(ReplyFrame.BARE.withThinking(THINK)), GOOD));
    assertTrue(takes(grammar(ReplyFrame.BARE.withThinking(THINK)), "<think></think>" + GOOD));
  }

  /** Every bit of the mask, at every step of random walks in every frame. */
  @Test
  void everyBitAgreesWithAccept() {
    Random random = new Random(5);
    TokenMask mask = new TokenMask(vocabulary.size());
    for (Otherwise otherwise : Otherwise.values()) {
      Grammar grammar = grammar(frame("<call>", otherwise, true).withThinking(THINK));
      for (int walk = 0; walk < 12; walk++) {
        TokenMatcher matcher = grammar.matcher();
        String lead = walk % 3 == 0 ? "" : walk % 3 == 1 ? "<think>" : "<call>" + GOOD;
        for (byte b : lead.getBytes(UTF_8)) {
          matcher.accept(b);
        }
        for (int step = 0; step < 25; step++) {
          matcher.fill(mask);
          for (int id = 0; id < vocabulary.size(); id++) {
            assertEquals(mask.allows(id), accepts(matcher, id), otherwise + " token " + id);
          }
          int token = mask.next(random.nextInt(vocabulary.size()));
          token = token < 0 ? mask.next(0) : token;
          matcher.accept(token);
          if (vocabulary.endTokens().contains(token)) {
            break;
          }
        }
      }
    }
  }

  private static boolean accepts(TokenMatcher matcher, int id) {
    try {
      matcher.fork().accept(id);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
