package ai.kolm.tokenizer;

import ai.kolm.weights.Metadata;
import ai.kolm.weights.ModelFormatException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Tokenizer metadata in memory.
 *
 * @param what was changed, for messages
 * @param values by key: {@code String}, {@code Long}, {@code Boolean}, {@code List<String>}, {@code
 *     long[]} or {@code float[]}
 */
record TokenizerMetadata(String what, Map<String, Object> values) implements Metadata {
  private static final String TOKENS = "tokenizer.ggml.tokens";
  private static final String TYPES = "tokenizer.ggml.token_type";

  /** One of each model. */
  static List<TokenizerMetadata> tiny() {
    List<String> bytes = IntStream.range(0, 256).mapToObj(ByteLevel::name).toList();
    List<String> fallback = IntStream.range(0, 256).mapToObj("<0x%02X>"::formatted).toList();
    List<String> pieces = List.of("\u2581", "t", "h", "e", "th", "the", "\u2581the");
    TokenizerMetadata gpt2 =
        of("gpt2", List.of("<|im_end|>"), bytes, List.of("th", "the"))
            .with("tokenizer.ggml.pre", "smollm")
            .with("tokenizer.ggml.merges", List.of("t h", "th e"));
    TokenizerMetadata llama = of("llama", List.of("</s>"), fallback, pieces).with(scores(264));
    TokenizerMetadata t5 = of("t5", List.of("</s>"), fallback, pieces).with(scores(264));
    TokenizerMetadata bert =
        of("bert", List.of("[CLS]"), List.of(), List.of("\u2581the", "e", "\u2581.", "[UNK]"))
            .with("tokenizer.ggml.unknown_token_id", 4L);
    return List.of(gpt2, llama, t5, bert);
  }

  private static float[] scores(int count) {
    float[] scores = new float[count];
    for (int i = 0; i < count; i++) {
      scores[i] = -i;
    }
    return scores;
  }

  private static TokenizerMetadata of(
      String model, List<String> control, List<String> bytes, List<String> words) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("tokenizer.ggml.model", model);
    values.put(TOKENS, Stream.of(control, bytes, words).flatMap(List::stream).toList());
    long[] types = new long[control.size() + bytes.size() + words.size()];
    Arrays.fill(types, 1);
    types[0] = 3;
    Arrays.fill(types, 1, 1 + bytes.size(), model.equals("gpt2") ? 1 : 6);
    values.put(TYPES, types);
    values.put("tokenizer.ggml.eos_token_id", 0L);
    values.put("tokenizer.ggml.add_bos_token", false);
    return new TokenizerMetadata("nothing", values);
  }

  private TokenizerMetadata with(float[] scores) {
    return with("tokenizer.ggml.scores", scores);
  }

  /** The same with another value. */
  TokenizerMetadata with(String key, Object value) {
    Map<String, Object> changed = new LinkedHashMap<>(values);
    changed.put(key, value);
    return new TokenizerMetadata(key + " = " + value, changed);
  }

  /** Each key gone, of another kind, of another length, and with its items changed. */
  List<TokenizerMetadata> changes() {
    List<TokenizerMetadata> changes = new ArrayList<>();
    for (Map.Entry<String, Object> entry : values.entrySet()) {
      String key = entry.getKey();
      Map<String, Object> without = new LinkedHashMap<>(values);
      without.remove(key);
      changes.add(new TokenizerMetadata(key + " is gone", without));
      for (Object other : List.of("x", 1L, true, List.of("a", "b"), new long[] {1}, new float[1])) {
        changes.add(with(key, other));
      }
      switch (entry.getValue()) {
        case Long _ ->
            Stream.of(-1L, 1L, 255L, 1L << 20, 1L << 31, 1L << 32, Long.MAX_VALUE, Long.MIN_VALUE)
                .forEach(value -> changes.add(with(key, value)));
        case long[] items -> changeNumbers(changes, key, items);
        case float[] items -> changeScores(changes, key, items);
        case List<?> items -> changeStrings(changes, key, items);
        default -> {}
      }
    }
    return changes;
  }

  private void changeNumbers(List<TokenizerMetadata> changes, String key, long[] items) {
    changes.add(with(key, Arrays.copyOf(items, items.length - 1)));
    changes.add(with(key, Arrays.copyOf(items, items.length + 1)));
    for (int i = 0; i < items.length; i += Math.max(1, items.length / 20)) {
      for (long value : new long[] {-1, 0, 1, 2, 3, 4, 5, 6, 7, 1L << 33}) {
        long[] changed = items.clone();
        changed[i] = value;
        changes.add(with(key, changed));
      }
    }
  }

  private void changeScores(List<TokenizerMetadata> changes, String key, float[] items) {
    changes.add(with(key, Arrays.copyOf(items, items.length - 1)));
    for (float value : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.MAX_VALUE, 0}) {
      float[] changed = items.clone();
      changed[items.length - 1] = value;
      changes.add(with(key, changed));
    }
  }

  private void changeStrings(List<TokenizerMetadata> changes, String key, List<?> items) {
    changes.add(with(key, items.subList(0, items.size() - 1)));
    for (int i = 0; i < items.size(); i += Math.max(1, items.size() / 40)) {
      for (String value :
          List.of(
              "",
              " ",
              "  ",
              "the",
              "\u2581\u2581",
              "a b c",
              "<0x41>",
              "<0xZZ>",
              "x".repeat(5000))) {
        List<Object> changed = new ArrayList<>(items);
        changed.set(i, value);
        changes.add(with(key, changed));
      }
    }
  }

  @Override
  public String file() {
    return "tiny.gguf";
  }

  @Override
  public Set<String> keys() {
    return values.keySet();
  }

  private <T> Optional<T> find(String key, Class<T> kind) throws ModelFormatException {
    Object value = values.get(key);
    if (value != null && !kind.isInstance(value)) {
      throw new ModelFormatException(file(), key + " is of another kind");
    }
    return Optional.ofNullable(kind.cast(value));
  }

  @Override
  public Optional<String> findString(String key) throws ModelFormatException {
    return find(key, String.class);
  }

  @Override
  public OptionalLong findInteger(String key) throws ModelFormatException {
    Optional<Long> value = find(key, Long.class);
    return value.isPresent() ? OptionalLong.of(value.get()) : OptionalLong.empty();
  }

  @Override
  public OptionalDouble findNumber(String key) throws ModelFormatException {
    OptionalLong value = findInteger(key);
    return value.isPresent() ? OptionalDouble.of(value.getAsLong()) : OptionalDouble.empty();
  }

  @Override
  public Optional<Boolean> findBoolean(String key) throws ModelFormatException {
    return find(key, Boolean.class);
  }

  @Override
  public List<String> strings(String key) throws ModelFormatException {
    List<?> items = find(key, List.class).orElse(List.of());
    return items.stream().map(String.class::cast).toList();
  }

  @Override
  public long[] integers(String key) throws ModelFormatException {
    return find(key, long[].class).orElse(new long[0]);
  }

  @Override
  public float[] floats(String key) throws ModelFormatException {
    return find(key, float[].class).orElse(new float[0]);
  }
}
