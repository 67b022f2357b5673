package ai.kolm.tokenizer;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The regular expressions that published {@code tokenizer.json} files split by, each with the
 * scanner that does what it says. kolm runs no pattern of a file as a regular expression.
 */
final class KnownPatterns {
  private static final String SPACES = "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  private static final String CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
  private static final String UPPER = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
  private static final String LOWER = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
  private static final String NO_LETTER = "[^\\r\\n\\p{L}\\p{N}]?";

  private static final Map<String, Splitter> SPLITTERS = splitters();

  private KnownPatterns() {}

  /** The splitter of a pattern; null if it is not known. */
  static @Nullable Splitter find(String regex) {
    return SPLITTERS.get(regex);
  }

  /** Whether every text is matched without gaps. */
  static boolean leavesNoGaps(String regex) {
    return regex.endsWith("\\s+(?!\\S)|\\s+");
  }

  private static Map<String, Splitter> splitters() {
    Map<String, Splitter> known = new HashMap<>();
    known.put(
        "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
        WordPatterns.GPT2);
    known.put(cl100k(CONTRACTIONS, "\\p{N}"), WordPatterns.cl100k(1, false));
    known.put(cl100k(CONTRACTIONS, "\\p{N}{1,3}"), WordPatterns.cl100k(3, false));
    known.put(cl100k(CONTRACTIONS, "\\p{N}+"), WordPatterns.cl100k(Integer.MAX_VALUE, false));
    known.put(
        CONTRACTIONS
            + "|"
            + NO_LETTER
            + "[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*"
            + SPACES,
        WordPatterns.cl100k(1, true));
    known.put(o200k(CONTRACTIONS + "?", "\\p{N}{1,3}"), WordPatterns.o200k(3, true));
    known.put(o200k("", "\\p{N}"), WordPatterns.o200k(1, false));
    putRuns(known);
    return known;
  }

  private static String cl100k(String contractions, String numbers) {
    return "%s|%s\\p{L}+|%s| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*%s"
        .formatted(contractions, NO_LETTER, numbers, SPACES);
  }

  private static String o200k(String contractions, String numbers) {
    return (NO_LETTER + UPPER + "*" + LOWER + "+" + contractions + "|")
        + (NO_LETTER + UPPER + "+" + LOWER + "*" + contractions + "|")
        + (numbers + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*" + SPACES);
  }

  private static void putRuns(Map<String, Splitter> known) {
    known.put("\\p{N}", WordRuns.EACH_NUMBER);
    known.put("\\p{N}+", WordRuns.NUMBERS);
    known.put("\\p{N}{1,3}", WordRuns.numbers(3));
    known.put("[0-9][0-9][0-9]", WordRuns.THREE_DIGITS);
    known.put("[\r\n]", WordRuns.EACH_NEWLINE);
    known.put("[\\r\\n]", WordRuns.EACH_NEWLINE);
    known.put("\\s?\\p{L}+", WordRuns.LETTERS);
    known.put("\\s?\\p{P}+", WordRuns.SPACED_PUNCTUATION);
    known.put("\\s+$", WordRuns::trailingSpace);
    known.put("\\s?[!-/:-~！-／：-～‘-‟　-。]+", DeepSeekPatterns.MARKS_OF_PUNCTUATION);
    known.put(
        "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^CRLF\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
            .concat("| ?[\\p{P}\\p{S}]+[CRLF]*|\\s*[CRLF]+|\\s+(?!\\S)|\\s+")
            .replace("CRLF", "\r\n"), // the characters themselves
        DeepSeekPatterns.V3_WORDS);
    known.put("[一-龥ࠀ-一가-퟿]+", DeepSeekPatterns.ASIAN);
    known.put("[一-龥぀-ゟ゠-ヿ]+", DeepSeekPatterns.IDEOGRAPHS_AND_KANA);
  }
}
