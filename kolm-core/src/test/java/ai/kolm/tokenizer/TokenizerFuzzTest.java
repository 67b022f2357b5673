package ai.kolm.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.tokenizer.Tokenizer.SpecialTokens;
import ai.kolm.tokenizer.Vocabulary.Kind;
import ai.kolm.weights.Metadata;
import ai.kolm.weights.ModelFormatException;
import ai.kolm.weights.ThreadCost;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Damaged tokenizers: whatever a file says, it is refused with an exception of its own, or gives a
 * tokenizer that works on any text, makes no control token of it, and has not cost much.
 */
class TokenizerFuzzTest {
  private static final long MAX_BYTES = 48 << 20;
  private static final String TEXT =
      "the  the</s> \u2581\u00e9\u4e2d\ud83d\ude00 <|im_end|>\n\n[CLS] 1111 aaaa\u0000.'s";

  /** Reads a tokenizer and uses it. */
  private interface Target {
    void use(byte[] json) throws ModelFormatException;
  }

  private static final class Sweep {
    private final Target target;
    private final List<String> findings = new ArrayList<>();
    private int files;
    private int refused;

    Sweep(Target target) {
      this.target = target;
    }

    void tryFile(String name, byte[] json) {
      files++;
      long before = ThreadCost.bytes();
      try {
        target.use(json);
      } catch (ModelFormatException e) {
        refused++;
      } catch (RuntimeException | Error e) {
        findings.add(name + ": " + e);
      }
      if (ThreadCost.bytes() - before > MAX_BYTES) {
        findings.add(name + ": " + (ThreadCost.bytes() - before) + " bytes allocated");
      }
    }
  }

  @Test
  void tokenizerJsonSurvivesEveryChange() {
    Sweep sweep = sweepJson(json -> use(Tokenizers.fromJson("x", json, Optional.empty())));
    System.out.printf("tokenizer.json sweep: %d files, %d refused%n", sweep.files, sweep.refused);
    assertEquals(List.of(), sweep.findings);
    assertTrue(sweep.files > 4_000 && sweep.refused > sweep.files / 3);
  }

  /** The canary: a reader that forgets one check is caught. */
  @Test
  void aReaderWithAHoleIsCaught() {
    Sweep throwing =
        sweepJson(
            json -> {
              Tokenizer tokenizer = Tokenizers.fromJson("x", json, Optional.empty());
              use(tokenizer);
              if (tokenizer.vocabulary().size() > 300) {
                throw new IndexOutOfBoundsException("planted");
              }
            });
    assertTrue(throwing.findings.stream().anyMatch(finding -> finding.endsWith("planted")));
    Sweep greedy =
        sweepJson(
            json -> {
              byte[] trusted = new byte[json.length > 10 && json[1] == 0x7F ? 64 << 20 : 0];
              use(Tokenizers.fromJson("x", json, Optional.empty()));
              assertEquals(0, trusted.length);
            });
    assertTrue(greedy.findings.stream().anyMatch(finding -> finding.endsWith("bytes allocated")));
  }

  /** Uses what was read on text that holds a little of everything. */
  private static void use(Tokenizer tokenizer) {
    Vocabulary vocabulary = tokenizer.vocabulary();
    for (SpecialTokens special : SpecialTokens.values()) {
      int[] ids = tokenizer.encode(TEXT, special);
      TokenDecoder decoder = tokenizer.decoder();
      for (int id : ids) {
        assertFalse(
            special == SpecialTokens.LITERAL && vocabulary.kind(id) == Kind.CONTROL,
            "control token of text");
        decoder.next(id);
      }
      decoder.finish();
      tokenizer.decode(ids);
    }
    tokenizer.encode("", SpecialTokens.PARSE);
    tokenizer.encode("the ".repeat(20) + "aaaa".repeat(40), SpecialTokens.PARSE);
    vocabulary.bos().ifPresent(vocabulary::name);
    vocabulary.endTokens().forEach(vocabulary::bytes);
  }

  private static Sweep sweepJson(Target target) {
    Sweep sweep = new Sweep(target);
    sweepText(sweep, TinyTokenizers.wordPiece(), 1);
    sweepText(sweep, TinyTokenizers.byteLevel(), 23);
    sweepText(sweep, TinyTokenizers.byteFallback(), 23);
    sweepText(sweep, TinyTokenizers.unigram(), 23);
    return sweep;
  }

  /** Cuts, bytes, numbers and words. */
  private static void sweepText(Sweep sweep, String json, int stride) {
    byte[] bytes = json.getBytes(UTF_8);
    for (int length = 0; length < bytes.length; length += 7 * stride) {
      sweep.tryFile("cut to " + length, Arrays.copyOf(bytes, length));
    }
    for (int i = 0; i < bytes.length; i += stride) {
      for (int value : new int[] {0x00, 0x7F, 0xFF, '"', '9', bytes[i] ^ 1}) {
        byte[] changed = bytes.clone();
        changed[i] = (byte) value;
        sweep.tryFile("byte " + i + " = " + value, changed);
      }
    }
    int numbers = 0;
    for (MatchResult number : matches("(?<=[:,])-?\\d+(\\.\\d+)?", json)) {
      if (numbers++ % stride == 0) {
        for (String value :
            List.of("-1", "0", "1", "2147483647", "1048576", "1e300", "null", "\"the\"", "[]")) {
          sweep.tryFile(value + " at " + number.start(), replaced(json, number, value));
        }
      }
    }
    int words = 0;
    for (MatchResult word : matches("\"[^\"]*\"|true|false", json)) {
      if (words++ % stride == 0 || word.group().length() > 12) {
        for (String value :
            List.of(
                "\"\"", "\"the\"", "\"\u2581\"", "\"Sequence\"", "null", "true", "{}", "[\"a\"]")) {
          sweep.tryFile(value + " at " + word.start(), replaced(json, word, value));
        }
      }
    }
  }

  private static List<MatchResult> matches(String pattern, String text) {
    return Pattern.compile(pattern).matcher(text).results().toList();
  }

  private static byte[] replaced(String text, MatchResult part, String value) {
    return (text.substring(0, part.start()) + value + text.substring(part.end())).getBytes(UTF_8);
  }

  @Test
  void ggufMetadataSurvivesEveryChange() {
    int used = 0;
    int refused = 0;
    List<String> findings = new ArrayList<>();
    for (TokenizerMetadata metadata : TokenizerMetadata.tiny()) {
      for (TokenizerMetadata changed : metadata.changes()) {
        try {
          use(Tokenizers.fromGguf(changed));
          used++;
        } catch (ModelFormatException e) {
          assertTrue(String.valueOf(e.getMessage()).startsWith("tiny.gguf: "), e::toString);
          refused++;
        } catch (RuntimeException | Error e) {
          findings.add(changed.what() + ": " + e);
        }
      }
    }
    System.out.printf("GGUF tokenizer sweep: %d used, %d refused%n", used, refused);
    assertEquals(List.of(), findings);
    assertTrue(used > 100 && refused > 100);
  }

  /** The canary of the sweep above: the changes reach every list. */
  @Test
  void everyKeyOfTheMetadataIsChanged() throws ModelFormatException {
    for (TokenizerMetadata metadata : TokenizerMetadata.tiny()) {
      use(Tokenizers.fromGguf(metadata));
      for (String key : metadata.keys()) {
        long changes = metadata.changes().stream().filter(c -> c.what().startsWith(key)).count();
        assertTrue(changes > 2, key);
      }
    }
    Metadata first = TokenizerMetadata.tiny().getFirst();
    assertEquals("tiny.gguf", first.file());
  }
}
