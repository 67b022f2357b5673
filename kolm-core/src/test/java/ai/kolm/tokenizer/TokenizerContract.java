package ai.kolm.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.tokenizer.Tokenizer.SpecialTokens;
import ai.kolm.tokenizer.Vocabulary.Kind;
import ai.kolm.weights.ThreadCost;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** What every tokenizer does. Extend, and say which. */
abstract class TokenizerContract {
  private static final List<String> TEXTS =
      List.of(
          "",
          "the",
          "  the  the\n\n\tthe the1111the ",
          "It's 12:30, isn't it? \u00a1S\u00ed!",
          "na\u00efve \u5317\u4eac \ud83d\udc69\u200d\ud83d\ude80 \u0627\u0644\u0639"
              + " \u0e44\u0e17\u0e22",
          "a <|im_end|> </s> <s> [CLS] <end_of_turn> b",
          "\u2581the \u2581\u2581");

  /** A generous bound for a mebibyte; quadratic merging takes hours. */
  private static final long MAX_NANOS = 10_000_000_000L;

  /** The one to be tested; asked for by each test. */
  abstract Tokenizer tokenizer() throws Exception;

  /** Compares a text with what came back of it. */
  abstract void assertReturned(Tokenizer tokenizer, String text, int[] ids);

  @Test
  final void textComesBack() throws Exception {
    Tokenizer tokenizer = tokenizer();
    for (String text : TEXTS) {
      int[] ids = tokenizer.encode(text, SpecialTokens.LITERAL);
      assertReturned(tokenizer, text, ids);
    }
  }

  @Test
  final void textOfAControlTokenIsOneOnlyWhereItIsParsed() throws Exception {
    Tokenizer tokenizer = tokenizer();
    Vocabulary vocabulary = tokenizer.vocabulary();
    int checked = 0;
    for (int id = 0; id < vocabulary.size() && checked < 300; id++) {
      if (vocabulary.kind(id) == Kind.CONTROL) {
        String name = vocabulary.name(id);
        assertArrayEquals(new int[] {id}, tokenizer.encode(name, SpecialTokens.PARSE), name);
        for (int literal : tokenizer.encode("x" + name + "x", SpecialTokens.LITERAL)) {
          assertNotEquals(Kind.CONTROL, vocabulary.kind(literal), name);
        }
        checked++;
      }
    }
    assertTrue(checked > 0);
  }

  @Test
  final void streamedTextIsTheWholeText() throws Exception {
    Tokenizer tokenizer = tokenizer();
    for (String text : TEXTS) {
      int[] ids = tokenizer.encode(text, SpecialTokens.PARSE);
      TokenDecoder decoder = tokenizer.decoder();
      StringBuilder streamed = new StringBuilder();
      for (int id : ids) {
        TokenDecoder fork = decoder.fork();
        String next = decoder.next(id);
        assertEquals(next, fork.next(id), "a fork goes on from the same state");
        assertFalse(next.contains("\uFFFD"), "an unfinished character is held back");
        streamed.append(next);
      }
      assertEquals(tokenizer.decode(ids), streamed + decoder.finish());
      assertEquals("", decoder.finish(), "nothing is given twice");
    }
  }

  @Test
  final void everyTokenHasItsName() throws Exception {
    Vocabulary vocabulary = tokenizer().vocabulary();
    for (int id = 0; id < vocabulary.size(); id++) {
      if (!vocabulary.name(id).isEmpty()) {
        assertEquals(OptionalInt.of(id), vocabulary.id(vocabulary.name(id)));
      }
    }
    assertEquals(OptionalInt.empty(), vocabulary.id("no token is called this"));
    for (int end : vocabulary.endTokens()) {
      assertEquals(Kind.CONTROL, vocabulary.kind(end));
    }
  }

  @Test
  final void aMebibyteWithoutBordersTakesSeconds() throws Exception {
    Tokenizer tokenizer = tokenizer();
    for (String unit :
        List.of(
            "a",
            "th",
            "1",
            " ",
            "\n",
            "'",
            "_",
            "\u00e9",
            "\u4e2d",
            "\ud83d\ude00",
            "\u2581",
            "<|im")) {
      String text = unit.repeat((1 << 20) / unit.length());
      long started = ThreadCost.nanos();
      int[] ids = tokenizer.encode(text, SpecialTokens.LITERAL);
      assertReturned(tokenizer, text, ids);
      long nanos = ThreadCost.nanos() - started;
      assertTrue(nanos < MAX_NANOS, unit + " took " + nanos / 1_000_000 + " ms");
    }
  }

  @Test
  final void manyThreadsGetTheSameIds() throws Exception {
    Tokenizer tokenizer = tokenizer();
    List<int[]> expected = new ArrayList<>();
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      texts.add("the " + i + TEXTS.get(i % TEXTS.size()) + "e".repeat(i % 7));
      expected.add(tokenizer().encode(texts.get(i), SpecialTokens.LITERAL));
    }
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Callable<Void>> tasks = new ArrayList<>();
      for (int n = 0; n < 8; n++) {
        int first = 25 * n;
        tasks.add(
            () -> {
              for (int i = 0; i < 400; i++) {
                int at = (first + i) % texts.size();
                assertArrayEquals(
                    expected.get(at), tokenizer.encode(texts.get(at), SpecialTokens.LITERAL));
              }
              return null;
            });
      }
      for (Future<Void> done : threads.invokeAll(tasks)) {
        done.get();
      }
    }
  }
}
