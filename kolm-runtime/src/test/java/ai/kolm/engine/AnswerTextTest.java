package ai.kolm.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.engine.GenerationEvent.GeneratedToken;
import ai.kolm.engine.GenerationEvent.Piece;
import ai.kolm.fake.FakeTokenizer;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class AnswerTextTest {
  private static final int FIRST = 3;
  private static final String[] LETTERS = {"a", "b", "ab", "é", "€", "😀", "😁", "\n"};

  /** Any text, cut into tokens anywhere, with any stop strings: what the definition says. */
  @Test
  void releasesTextAndTokensAsSoonAsTheyAreCertain() {
    Random random = new Random(5);
    for (int round = 0; round < 3000; round++) {
      String text = letters(random, random.nextInt(30));
      List<String> stops = new ArrayList<>();
      for (int i = random.nextInt(4); i > 0; i--) {
        stops.add(letters(random, 1 + random.nextInt(3)));
      }
      check(text, cut(random, text), stops);
    }
  }

  private static String letters(Random random, int count) {
    StringBuilder text = new StringBuilder();
    random.ints(count, 0, LETTERS.length).forEach(i -> text.append(LETTERS[i]));
    return text.toString();
  }

  private static List<byte[]> cut(Random random, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int longest = 1 + random.nextInt(6);
    List<byte[]> tokens = new ArrayList<>();
    for (int at = 0; at < bytes.length; ) {
      int end = Math.min(bytes.length, at + random.nextInt(longest + 1));
      tokens.add(Arrays.copyOfRange(bytes, at, end));
      at = end;
    }
    return tokens;
  }

  private static void check(String text, List<byte[]> tokens, List<String> stops) {
    AnswerText answer = answer(new FakeTokenizer(tokens), stops);
    StringBuilder shown = new StringBuilder();
    List<GeneratedToken> shownTokens = new ArrayList<>();
    ByteArrayOutputStream given = new ByteArrayOutputStream();
    for (int i = 0; i < tokens.size() && !answer.stopped(); i++) {
      answer.accept(FIRST + i, null, true);
      given.writeBytes(tokens.get(i));
      collect(answer, shown, shownTokens);
      String certain = certain(whole(given.toByteArray()), stops);
      assertEquals(certain, shown.toString());
      if (!answer.stopped()) {
        assertEquals(complete(tokens, i, certain), shownTokens.size());
      }
    }
    answer.finish();
    collect(answer, shown, shownTokens);
    int end = stop(text, stops);
    String expected = end < 0 ? text : text.substring(0, end);
    assertEquals(end >= 0, answer.stopped());
    assertEquals(expected, shown.toString());
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    shownTokens.forEach(token -> bytes.writeBytes(token.bytes()));
    assertArrayEquals(expected.getBytes(StandardCharsets.UTF_8), bytes.toByteArray());
    IntStream.range(0, shownTokens.size())
        .forEach(i -> assertEquals(FIRST + i, shownTokens.get(i).id()));
  }

  private static AnswerText answer(FakeTokenizer tokenizer, List<String> stops) {
    return new AnswerText(
        0, tokenizer.decoder(), tokenizer.vocabulary(), Set.of(), new StopStrings(stops));
  }

  private static void collect(AnswerText answer, StringBuilder text, List<GeneratedToken> tokens) {
    Piece piece = answer.release();
    if (piece != null) {
      text.append(piece.text());
      tokens.addAll(piece.tokens());
    }
  }

  /** The whole characters at the start of {@code bytes}. */
  private static String whole(byte[] bytes) {
    for (int length = bytes.length; ; length--) {
      String text = new String(bytes, 0, length, StandardCharsets.UTF_8);
      if (!text.contains("\uFFFD")) {
        return text;
      }
    }
  }

  /** {@code text} up to its first stop string, or without an end that may become one. */
  private static String certain(String text, List<String> stops) {
    int end = stop(text, stops);
    for (int start = 0; end < 0 && start < text.length(); start++) {
      String rest = text.substring(start);
      if (stops.stream().anyMatch(stop -> stop.startsWith(rest))) {
        end = start;
      }
    }
    return end < 0 ? text : text.substring(0, end);
  }

  private static int stop(String text, List<String> stops) {
    for (int end = 1; end <= text.length(); end++) {
      String prefix = text.substring(0, end);
      int longest =
          stops.stream().filter(prefix::endsWith).mapToInt(String::length).max().orElse(0);
      if (longest > 0) {
        return end - longest;
      }
    }
    return -1;
  }

  /** How many of tokens 0 to {@code last} lie within {@code text}. */
  private static int complete(List<byte[]> tokens, int last, String text) {
    int room = text.getBytes(StandardCharsets.UTF_8).length;
    int count = 0;
    while (count <= last && tokens.get(count).length <= room) {
      room -= tokens.get(count++).length;
    }
    return count;
  }

  @Test
  void illFormedBytesShowAsReplacementsAndEveryTokenComesOut() {
    Random random = new Random(6);
    FakeTokenizer tokenizer = FakeTokenizer.ofBytesAnd("word");
    for (int round = 0; round < 2000; round++) {
      int[] ids = random.ints(20, 0, tokenizer.vocabulary().size()).toArray();
      AnswerText answer = answer(tokenizer, List.of("\uFFFD\uFFFD\u4E00"));
      StringBuilder shown = new StringBuilder();
      List<GeneratedToken> tokens = new ArrayList<>();
      for (int id : ids) {
        answer.accept(id, null, true);
        collect(answer, shown, tokens);
      }
      answer.finish();
      collect(answer, shown, tokens);
      int[] text = Arrays.stream(ids).filter(id -> id >= FIRST).toArray();
      assertFalse(answer.stopped());
      assertEquals(tokenizer.decode(text), shown.toString());
      assertArrayEquals(ids, tokens.stream().mapToInt(GeneratedToken::id).toArray());
    }
  }

  @Test
  void aStopStringOfManyRepeatedCharactersTakesLinearTime() {
    String stop = "a".repeat(1023) + "b";
    StopStrings stops = new StopStrings(List.of(stop));
    for (int i = 0; i < 2_000_000; i++) {
      assertEquals(0, stops.next('a'));
    }
    assertEquals(1023, stops.undecided());
    assertTrue(stops.next('b') == 1024);
  }
}
