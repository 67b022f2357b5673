package ai.kolm.weights;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TextsTest {
  private static final List<String> TEXTS =
      List.of("", "a", "\u0120the", "\u00e9", "\u2581\u4e2d", "\ud7ff\ue000\uffff", "\ud83d\ude00");

  private static byte[] items(byte[]... texts) {
    int size = Arrays.stream(texts).mapToInt(text -> Long.BYTES + text.length).sum();
    ByteBuffer items = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    for (byte[] text : texts) {
      items.putLong(text.length).put(text);
    }
    return items.array();
  }

  private static void check(Texts texts) {
    assertEquals(TEXTS.size(), texts.size());
    for (int i = 0; i < TEXTS.size(); i++) {
      assertEquals(TEXTS.get(i), texts.get(i));
      byte[] bytes = Arrays.copyOfRange(texts.bytes(), texts.start(i), texts.end(i));
      assertArrayEquals(TEXTS.get(i).getBytes(UTF_8), bytes);
    }
  }

  @Test
  void textsAreThoseOfTheListAndOfTheFile() throws CharacterCodingException {
    check(Texts.of(TEXTS));
    byte[][] bytes = TEXTS.stream().map(text -> text.getBytes(UTF_8)).toArray(byte[][]::new);
    check(Texts.ofItems(items(bytes), bytes.length));
  }

  /** Of all short sequences of bytes that are peculiar in UTF-8, those that the JDK refuses. */
  @Test
  void whatIsNotUtf8IsRefused() {
    int[] peculiar = {
      0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC,
      0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF
    };
    Random random = new Random(1);
    int refused = 0;
    for (int i = 0; i < 20_000; i++) {
      byte[] text = new byte[1 + random.nextInt(5)];
      for (int j = 0; j < text.length; j++) {
        text[j] = (byte) peculiar[random.nextInt(peculiar.length)];
      }
      boolean expected = decodes(text);
      refused += expected ? 0 : 1;
      assertEquals(expected, isRead(text), Arrays.toString(text));
    }
    assertTrue(refused > 10_000 && refused < 19_900, refused + " refused");
  }

  private static boolean decodes(byte[] text) {
    try {
      UTF_8.newDecoder().decode(ByteBuffer.wrap(text));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }

  private static boolean isRead(byte[] text) {
    try {
      return Texts.ofItems(items("a".getBytes(UTF_8), text, "b".getBytes(UTF_8)), 3).size() == 3;
    } catch (CharacterCodingException e) {
      return false;
    }
  }
}
