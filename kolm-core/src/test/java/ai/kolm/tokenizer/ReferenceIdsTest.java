package ai.kolm.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.tokenizer.Tokenizer.SpecialTokens;
import ai.kolm.tokenizer.TokenizerGolden.Bulk;
import ai.kolm.tokenizer.TokenizerGolden.Line;
import ai.kolm.tokenizer.TokenizerGolden.Stream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Ids and text of real tokenizers equal those of the reference, on every line. */
class ReferenceIdsTest {
  /** Digits of Unicode 17, which SmolLM2 splits one by one where they are known to be digits. */
  private static final String NEW_DIGITS = new String(Character.toChars(0x11DE0));

  @ParameterizedTest
  @EnumSource
  void idsAreThoseOfTheReference(ReferenceTokenizer reference) {
    Tokenizer tokenizer = reference.tokenizer();
    List<String> wrong = new ArrayList<>();
    int compared = 0;
    for (Line line : TokenizerGolden.lines(reference.golden())) {
      List<Long> ids = TokenizerGolden.longs(tokenizer.encode(line.text(), SpecialTokens.PARSE));
      if (reference == ReferenceTokenizer.SMOLLM2_GGUF && line.text().contains(NEW_DIGITS)) {
        assertEquals(
            line.text(), tokenizer.decode(tokenizer.encode(line.text(), SpecialTokens.PARSE)));
        continue;
      }
      compare(wrong, line, "parsed", List.of(line.ids()), ids);
      List<Long> literal =
          TokenizerGolden.longs(tokenizer.encode(line.text(), SpecialTokens.LITERAL));
      compare(wrong, line, "literal", line.literal(), literal);
      compared++;
    }
    assertEquals(List.of(), wrong);
    assertTrue(compared >= 377, compared + " lines compared");
  }

  private static void compare(
      List<String> wrong, Line line, String what, List<List<Long>> expected, List<Long> actual) {
    if (!expected.contains(actual)) {
      wrong.add("line %d %s: expected %s, got %s".formatted(line.id(), what, expected, actual));
    }
  }

  @ParameterizedTest
  @EnumSource
  void decodedTextIsThatOfTheReference(ReferenceTokenizer reference) {
    Tokenizer tokenizer = reference.tokenizer();
    List<String> wrong = new ArrayList<>();
    for (Line line : TokenizerGolden.lines(reference.golden())) {
      int[] ids = line.ids().stream().mapToInt(Math::toIntExact).toArray();
      String decoded = tokenizer.decode(ids);
      if (!decoded.equals(line.decoded())) {
        wrong.add("line %d: expected %s, got %s".formatted(line.id(), line.decoded(), decoded));
      }
      TokenDecoder decoder = tokenizer.decoder();
      StringBuilder streamed = new StringBuilder();
      for (int id : ids) {
        streamed.append(decoder.next(id));
      }
      if (!streamed.append(decoder.finish()).toString().equals(line.decoded())) {
        wrong.add("line %d streamed: got %s".formatted(line.id(), streamed));
      }
    }
    assertEquals(List.of(), wrong);
  }

  @ParameterizedTest
  @EnumSource
  void everyPrefixDecodesAsTheReferenceDoes(ReferenceTokenizer reference) {
    Tokenizer tokenizer = reference.tokenizer();
    Map<Long, Line> lines =
        TokenizerGolden.lines(reference.golden()).stream()
            .collect(Collectors.toMap(Line::id, Function.identity()));
    List<Stream> streams = TokenizerGolden.streams(reference.golden());
    assertFalse(streams.isEmpty());
    for (Stream stream : streams) {
      int[] ids =
          Objects.requireNonNull(lines.get(stream.id())).ids().stream()
              .mapToInt(Math::toIntExact)
              .toArray();
      String whole = stream.prefixes().getLast();
      TokenDecoder decoder = tokenizer.decoder();
      StringBuilder released = new StringBuilder();
      for (int i = 0; i < ids.length; i++) {
        String expected = stream.prefixes().get(i);
        assertEquals(expected, tokenizer.decode(Arrays.copyOf(ids, i + 1)));
        released.append(decoder.next(ids[i]));
        assertTrue(
            whole.startsWith(released.toString()), released + " is not the start of " + whole);
        // What is let go early is all that is certain: the rest of the prefix is U+FFFD.
        String rest = decoder.fork().finish();
        assertTrue(rest.chars().allMatch(c -> c == '\uFFFD'), rest);
        if (!expected.contains("\uFFFD")) {
          assertEquals(expected, released + rest);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void idsOfThreeThousandMoreLinesAreThoseOfTheReference(ReferenceTokenizer reference) {
    Tokenizer tokenizer = reference.tokenizer();
    List<String> wrong = new ArrayList<>();
    List<Bulk> bulk = TokenizerGolden.bulk(reference.golden());
    for (Bulk line : bulk) {
      int[] ids = tokenizer.encode(line.text(), SpecialTokens.PARSE);
      if (ids.length != line.count() || TokenizerGolden.crc(ids) != line.crc()) {
        wrong.add(line.text());
      }
    }
    assertEquals(List.of(), wrong);
    assertEquals(3_000, bulk.size());
  }
}
