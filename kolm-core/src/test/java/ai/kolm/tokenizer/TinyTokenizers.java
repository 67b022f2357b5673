package ai.kolm.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.weights.ModelFormatException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Small {@code tokenizer.json} texts, one per model, for tests that need no download. */
final class TinyTokenizers {
  private static final String ADDED =
      """
      {"id":%d,"content":"%s","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":%s}\
      """;

  private TinyTokenizers() {}

  /** Byte-level byte-pair encoding with the splitting of Llama 3; end token {@code <|im_end|>}. */
  static String byteLevel() {
    List<String> names = new ArrayList<>();
    IntStream.range(0, 256).forEach(b -> names.add(ByteLevel.name(b)));
    names.addAll(List.of("th", "the", "\u0120the", "11", "aa", "aaaa"));
    return """
    {"added_tokens":[%s,%s],
     "normalizer":null,
     "pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"use_regex":true},
     "decoder":{"type":"ByteLevel"},
     "model":{"type":"BPE","vocab":%s,
      "merges":[["t","h"],["th","e"],["\u0120","the"],["1","1"],["a","a"],["aa","aa"]]}}\
    """
        .formatted(
            ADDED.formatted(262, "<|im_start|>", true),
            ADDED.formatted(263, "<|im_end|>", true),
            vocab(names));
  }

  /** Byte-pair encoding of characters with byte fallback and a space in front, as Llama 2. */
  static String byteFallback() {
    List<String> names = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
    IntStream.range(0, 256).forEach(b -> names.add("<0x%02X>".formatted(b)));
    names.addAll(List.of("\u2581", "t", "h", "e", "th", "the", "\u2581the", "\u2581\u2581"));
    return """
    {"added_tokens":[%s,%s,%s],
     "normalizer":{"type":"Sequence","normalizers":[
      {"type":"Prepend","prepend":"\u2581"},
      {"type":"Replace","pattern":{"String":" "},"content":"\u2581"}]},
     "pre_tokenizer":null,
     "decoder":{"type":"Sequence","decoders":[
      {"type":"Replace","pattern":{"String":"\u2581"},"content":" "},
      {"type":"ByteFallback"},{"type":"Fuse"},
      {"type":"Strip","content":" ","start":1,"stop":0}]},
     "model":{"type":"BPE","unk_token":"<unk>","fuse_unk":true,"byte_fallback":true,"vocab":%s,
      "merges":["t h","th e","\u2581 the","\u2581 \u2581"]}}\
    """
        .formatted(
            ADDED.formatted(0, "<unk>", true),
            ADDED.formatted(1, "<s>", true),
            ADDED.formatted(2, "</s>", true),
            vocab(names));
  }

  /** Unigram with byte fallback, as T5 and its kin. */
  static String unigram() {
    List<String> scored = new ArrayList<>(List.of("[\"<unk>\",0]", "[\"</s>\",0]"));
    IntStream.range(0, 256).forEach(b -> scored.add("[\"<0x%02X>\",-20]".formatted(b)));
    List<String> names = List.of("\u2581", "t", "h", "e", "th", "he", "\u2581the", "ae");
    for (int i = 0; i < names.size(); i++) {
      scored.add("[\"%s\",%s]".formatted(names.get(i), -5 - 0.25 * i));
    }
    return """
    {"added_tokens":[%s,%s],
     "normalizer":null,
     "pre_tokenizer":{"type":"Metaspace","replacement":"\u2581","prepend_scheme":"always","split":true},
     "decoder":{"type":"Sequence","decoders":[
      {"type":"ByteFallback"},
      {"type":"Metaspace","replacement":"\u2581","prepend_scheme":"always"}]},
     "model":{"type":"Unigram","unk_id":0,"byte_fallback":true,"vocab":[%s]}}\
    """
        .formatted(
            ADDED.formatted(0, "<unk>", true),
            ADDED.formatted(1, "</s>", true),
            String.join(",", scored));
  }

  /** WordPiece, as BERT; knows the words {@code the}, {@code thee}, {@code he}. */
  static String wordPiece() {
    return """
    {"added_tokens":[%s,%s],
     "normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,
      "strip_accents":null,"lowercase":true},
     "pre_tokenizer":{"type":"BertPreTokenizer"},
     "post_processor":{"type":"TemplateProcessing",
      "single":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}}]},
     "decoder":{"type":"WordPiece","prefix":"##","cleanup":true},
     "model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##",
      "max_input_chars_per_word":100,
      "vocab":{"[UNK]":0,"[CLS]":1,"the":2,"##e":3,"he":4,".":5}}}\
    """
        .formatted(ADDED.formatted(0, "[UNK]", true), ADDED.formatted(1, "[CLS]", true));
  }

  private static String vocab(List<String> names) {
    return IntStream.range(0, names.size())
        .mapToObj(id -> "\"%s\":%d".formatted(escaped(names.get(id)), id))
        .collect(Collectors.joining(",", "{", "}"));
  }

  private static String escaped(String name) {
    return name.replace("\\", "\\\\").replace("\"", "\\\"");
  }

  /** The tokenizer of a text. */
  static Tokenizer read(String json) throws ModelFormatException {
    return Tokenizers.fromJson("tiny.json", json.getBytes(UTF_8), Optional.empty());
  }
}
