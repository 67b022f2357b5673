package ai.kolm.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.weights.Texts;
import java.util.List;
import org.junit.jupiter.api.Test;

class Utf8NamesTest {
  // "Aa" and "BB" have one hash, and so have all that is made of them.
  private static final List<String> NAMES =
      List.of("AaAa", "\u0120t", "BBBB", "AaBB", "", "\u0120the", "BBAa", "he");

  private static Utf8Names names() {
    Utf8Names names = new Utf8Names(Texts.of(NAMES));
    for (int id = 0; id < NAMES.size(); id++) {
      assertEquals(-1, names.find(NAMES.get(id)));
      if (!names.isEmpty(id)) {
        assertEquals(id, names.add(id));
      }
    }
    return names;
  }

  @Test
  void namesAreFound() {
    Utf8Names names = names();
    for (int id = 0; id < NAMES.size(); id++) {
      assertEquals(NAMES.get(id).isEmpty() ? -1 : id, names.find(NAMES.get(id)));
      assertEquals(NAMES.get(id), names.get(id));
    }
    assertEquals(-1, names.find("AaB"));
    assertEquals(-1, names.find("x"));
    assertEquals(NAMES, names.list());
  }

  @Test
  void namesAreFoundByTheirParts() {
    Utf8Names names = names();
    byte[] text = "-AaBB \u0120t he".getBytes(UTF_8);
    assertEquals(3, find(names, text, 1, 3, 3, 5));
    assertEquals(0, find(names, text, 1, 3, 1, 3));
    assertEquals(5, find(names, text, 6, 9, 10, 12));
    assertEquals(-1, find(names, text, 6, 9, 6, 9));
  }

  private static int find(Utf8Names names, byte[] text, int from, int to, int from2, int to2) {
    int first = Utf8Names.hash(0, text, from, to);
    return names.find(Utf8Names.hash(first, text, from2, to2), text, from, to, from2, to2);
  }

  @Test
  void aNameThatIsTakenIsNotAdded() {
    Utf8Names names = new Utf8Names(Texts.of(List.of("a", "b", "a")));
    assertEquals(0, names.add(0));
    assertEquals(1, names.add(1));
    assertEquals(0, names.add(2));
    assertEquals(0, names.find("a"));
  }

  @Test
  void lengthsAreThoseOfStrings() {
    Utf8Names names = new Utf8Names(Texts.of(List.of("abc", "\u4e2d\u4e2d", "\ud83d\ude00")));
    assertFalse(names.isLonger(0, 3));
    assertTrue(names.isLonger(0, 2));
    assertFalse(names.isLonger(1, 2));
    assertTrue(names.isLonger(1, 1));
    assertFalse(names.isLonger(2, 2));
    assertTrue(names.isLonger(2, 1));
  }
}
