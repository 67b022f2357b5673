package ai.kolm.tokenizer;

import ai.kolm.weights.Metadata;
import ai.kolm.weights.ModelFormatException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The rules that {@code tokenizer.ggml.pre} names.
 *
 * @param normalizer what happens to text first
 * @param splitter how it is cut into words
 * @param wholeWords whether a word that is a token is that token, whatever the merges say
 * @param addsBos whether a prompt gets the begin token, if the file does not say
 */
record GgufSplitting(
    Normalizer normalizer, Splitter splitter, boolean wholeWords, boolean addsBos) {
  private static final String KEY = "tokenizer.ggml.pre";
  private static final Map<String, GgufSplitting> BY_NAME = byName();

  static GgufSplitting named(Metadata metadata) throws ModelFormatException {
    String name = metadata.findString(KEY).orElse("default");
    GgufSplitting splitting = BY_NAME.get(name);
    if (splitting == null) {
      throw new ModelFormatException(
          metadata.file(), "%s: expected one of %s, got %s".formatted(KEY, BY_NAME.keySet(), name));
    }
    return splitting;
  }

  private static Map<String, GgufSplitting> byName() {
    Map<String, GgufSplitting> names = new TreeMap<>();
    GgufSplitting gpt2 = of(WordPatterns.GPT2);
    put(
        names,
        gpt2,
        "gpt-2",
        "phi-2",
        "jina-es",
        "jina-de",
        "jina-v2-es",
        "jina-v2-de",
        "jina-v1-en");
    put(
        names,
        gpt2,
        "jina-v2-code",
        "roberta-bpe",
        "mellum",
        "modern-bert",
        "exaone4",
        "jais",
        "trillion");
    put(names, gpt2, "granite-docling", "gigachat", "a.x-4.0");
    GgufSplitting digits = of(WordRuns.EACH_NUMBER.then(WordPatterns.GPT2));
    put(
        names,
        digits,
        "smollm",
        "starcoder",
        "refact",
        "command-r",
        "codeshell",
        "exaone",
        "minerva-7b");
    return names;
  }

  private static GgufSplitting of(Splitter splitter) {
    return new GgufSplitting(Normalizer.NONE, splitter, false, false);
  }

  private static void put(
      Map<String, GgufSplitting> names, GgufSplitting splitting, String... more) {
    List.of(more).forEach(name -> names.put(name, splitting));
  }
}
