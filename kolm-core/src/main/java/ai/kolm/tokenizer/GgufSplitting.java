package ai.kolm.tokenizer;

import ai.kolm.weights.Metadata;
import ai.kolm.weights.ModelFormatException;
import java.text.Normalizer.Form;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

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
  private static final Map<String, Supplier<GgufSplitting>> BY_NAME = byName();

  static GgufSplitting named(Metadata metadata) throws ModelFormatException {
    String name = metadata.findString(KEY).orElse("default");
    Supplier<GgufSplitting> splitting = BY_NAME.get(name);
    if (splitting == null) {
      throw new ModelFormatException(
          metadata.file(), "%s: expected one of %s, got %s".formatted(KEY, BY_NAME.keySet(), name));
    }
    return splitting.get();
  }

  /** Each is made when a file names it: the tables of some take long to make. */
  private static Map<String, Supplier<GgufSplitting>> byName() {
    Map<String, Supplier<GgufSplitting>> names = new TreeMap<>();
    putGpt2(names);
    Supplier<GgufSplitting> groups = () -> of(WordPatterns.cl100k(3, false));
    put(names, groups, "dbrx", "smaug-bpe", "chatglm-bpe");
    put(names, () -> groups.get().withWholeWords(false), "glm4", "glm5");
    Supplier<GgufSplitting> llama3 = () -> groups.get().withWholeWords(true);
    put(names, llama3, "llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral");
    put(names, llama3, "midm-2.0", "lfm2", "jina-v5-nano");
    Supplier<GgufSplitting> qwen2 = () -> of(WordPatterns.cl100k(1, false)).withNfc();
    put(names, qwen2, "qwen2", "deepseek-r1-qwen", "megrez", "stablelm2");
    put(names, () -> of(WordPatterns.cl100k(1, true)), "qwen35");
    put(names, () -> of(WordPatterns.o200k(3, true)), "gpt-4o", "llama4", "kanana2");
    put(names, () -> of(WordPatterns.o200k(1, false)).withWholeWords(true), "tekken");
    put(names, () -> of(DeepSeekPatterns.LLM), "deepseek-llm");
    put(names, () -> of(DeepSeekPatterns.CODER), "deepseek-coder");
    put(names, () -> of(DeepSeekPatterns.V3), "deepseek-v3");
    return names;
  }

  private static void putGpt2(Map<String, Supplier<GgufSplitting>> names) {
    Supplier<GgufSplitting> gpt2 = () -> of(WordPatterns.GPT2);
    put(names, gpt2, "gpt-2", "phi-2", "jina-es", "jina-de", "jina-v1-en", "jina-v2-es");
    put(names, gpt2, "jina-v2-de", "jina-v2-code", "roberta-bpe", "mellum", "exaone4", "jais");
    put(names, gpt2, "trillion", "granite-docling", "gigachat", "a.x-4.0");
    put(names, () -> gpt2.get().withNfc(), "mpt", "olmo", "modern-bert");
    Supplier<GgufSplitting> digits = () -> of(WordRuns.EACH_NUMBER.then(WordPatterns.GPT2));
    put(names, digits, "smollm", "starcoder", "refact", "command-r", "codeshell", "exaone");
    put(names, digits, "minerva-7b");
    put(names, () -> of(falcon().then(WordRuns.THREE_DIGITS)), "falcon");
    put(names, () -> of(falcon().then(WordRuns.NUMBERS).then(WordRuns.THREE_DIGITS)), "default");
  }

  private static Splitter falcon() {
    return WordRuns.ASCII_SYMBOLS_AND_PUNCTUATION.then(WordPatterns.GPT2);
  }

  private static GgufSplitting of(Splitter splitter) {
    return new GgufSplitting(Normalizers.NONE, splitter, false, false);
  }

  private GgufSplitting withNfc() {
    return new GgufSplitting(Normalizers.form(Form.NFC), splitter, wholeWords, addsBos);
  }

  private GgufSplitting withWholeWords(boolean newAddsBos) {
    return new GgufSplitting(normalizer, splitter, true, newAddsBos);
  }

  private static void put(
      Map<String, Supplier<GgufSplitting>> names,
      Supplier<GgufSplitting> splitting,
      String... more) {
    List.of(more).forEach(name -> names.put(name, splitting));
  }
}
