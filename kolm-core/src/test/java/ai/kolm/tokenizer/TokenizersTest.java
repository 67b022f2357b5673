package ai.kolm.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonReader;
import ai.kolm.tokenizer.Tokenizer.SpecialTokens;
import ai.kolm.tokenizer.Vocabulary.Kind;
import ai.kolm.weights.ModelFormatException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Roles of tokens, flags of added tokens, and what is refused. */
class TokenizersTest {
  @Test
  void beginAndEndTokensAreThoseOfTheModel() {
    Vocabulary smollm2 = ReferenceTokenizer.SMOLLM2_GGUF.tokenizer().vocabulary();
    assertEquals(OptionalInt.of(1), smollm2.bos());
    assertFalse(smollm2.addsBos());
    assertEquals(Set.of(0, 2), smollm2.endTokens());
    Vocabulary gemma3 = ReferenceTokenizer.GEMMA3_GGUF.tokenizer().vocabulary();
    assertEquals(OptionalInt.of(2), gemma3.bos());
    assertTrue(gemma3.addsBos());
    assertEquals(Set.of(1, 106), gemma3.endTokens());
    Vocabulary llama3 = ReferenceTokenizer.LLAMA3_2_JSON.tokenizer().vocabulary();
    assertEquals(OptionalInt.of(128000), llama3.bos());
    assertTrue(llama3.addsBos());
    assertEquals(Set.of(128001, 128008, 128009), llama3.endTokens());
    Vocabulary qwen3 = ReferenceTokenizer.QWEN3_JSON.tokenizer().vocabulary();
    assertEquals(OptionalInt.empty(), qwen3.bos());
    assertEquals(Set.of(151643, 151645), qwen3.endTokens());
    assertEquals(
        OptionalInt.of(101), ReferenceTokenizer.MINILM_JSON.tokenizer().vocabulary().bos());
  }

  /** What stands behind a text is said by the configuration, else by the post-processor. */
  @Test
  void theClosingTokenIsTheOneThatTheFileAsksFor() throws Exception {
    assertEquals(
        OptionalInt.of(102), ReferenceTokenizer.MINILM_JSON.tokenizer().vocabulary().closing());
    for (ReferenceTokenizer none :
        List.of(
            ReferenceTokenizer.LLAMA3_2_JSON,
            ReferenceTokenizer.QWEN3_JSON,
            ReferenceTokenizer.GEMMA3_GGUF)) {
      assertEquals(OptionalInt.empty(), none.tokenizer().vocabulary().closing(), none.name());
    }
    String behind =
        TinyTokenizers.byteLevel()
            .replace(
                "\"normalizer\":null",
                "\"normalizer\":null,\"post_processor\":{\"type\":\"Sequence\",\"processors\":["
                    + "{\"type\":\"ByteLevel\"},{\"type\":\"TemplateProcessing\",\"single\":["
                    + "{\"Sequence\":{\"id\":\"A\"}},{\"SpecialToken\":{\"id\":\"<|im_end|>\"}}]}]}");
    assertEquals(OptionalInt.of(263), TinyTokenizers.read(behind).vocabulary().closing());
    assertFalse(TinyTokenizers.read(behind).vocabulary().addsBos());
    String config = "{\"eos_token\":\"<|im_start|>\",\"add_eos_token\":%s}";
    assertEquals(OptionalInt.of(262), configured(behind, config.formatted(true)).closing());
    assertEquals(OptionalInt.empty(), configured(behind, config.formatted(false)).closing());
    TokenizerMetadata gguf = TokenizerMetadata.tiny().getFirst();
    assertEquals(OptionalInt.empty(), Tokenizers.fromGguf(gguf).vocabulary().closing());
    TokenizerMetadata asking = gguf.with("tokenizer.ggml.add_eos_token", true);
    assertEquals(OptionalInt.of(0), Tokenizers.fromGguf(asking).vocabulary().closing());
  }

  private static Vocabulary configured(String json, String config) throws Exception {
    JsonObject parsed = JsonReader.readObject(config.getBytes(UTF_8), JsonLimits.DEFAULT);
    return Tokenizers.fromJson("tiny.json", json.getBytes(UTF_8), Optional.of(parsed)).vocabulary();
  }

  @Test
  void kindsAndBytesAreThoseOfTheModel() {
    Vocabulary gemma3 = ReferenceTokenizer.GEMMA3_GGUF.tokenizer().vocabulary();
    assertEquals(Kind.CONTROL, gemma3.kind(106));
    assertEquals(Kind.USER_DEFINED, gemma3.kind(108));
    assertEquals(Kind.BYTE, gemma3.kind(238));
    assertArrayEquals(new byte[] {0}, gemma3.bytes(238));
    assertArrayEquals("  ".getBytes(java.nio.charset.StandardCharsets.UTF_8), gemma3.bytes(138));
    Vocabulary smollm2 = ReferenceTokenizer.SMOLLM2_GGUF.tokenizer().vocabulary();
    int the = smollm2.id("\u0120the").orElseThrow();
    assertArrayEquals(" the".getBytes(java.nio.charset.StandardCharsets.UTF_8), smollm2.bytes(the));
  }

  @Test
  void addedTokensTakeWhiteSpaceAlongAsTheyAreTold() throws ModelFormatException {
    String json = TinyTokenizers.byteLevel();
    int start = 262;
    int[] plain = TinyTokenizers.read(json).encode("a <|im_start|> b", SpecialTokens.PARSE);
    assertEquals(5, plain.length);
    int[] left = read(json, "lstrip").encode("a <|im_start|> b", SpecialTokens.PARSE);
    assertArrayEquals(new int[] {plain[0], start, plain[3], plain[4]}, left);
    int[] right = read(json, "rstrip").encode("a <|im_start|> b", SpecialTokens.PARSE);
    assertArrayEquals(new int[] {plain[0], plain[1], start, plain[4]}, right);
    Tokenizer single = read(json, "single_word");
    assertTrue(contains(single.encode("a <|im_start|> b", SpecialTokens.PARSE), start));
    assertFalse(contains(single.encode("a<|im_start|> b", SpecialTokens.PARSE), start));
  }

  private static Tokenizer read(String json, String flag) throws ModelFormatException {
    String name = "\"" + flag + "\":";
    return TinyTokenizers.read(json.replace(name + "false", name + "true"));
  }

  private static boolean contains(int[] ids, int id) {
    return java.util.Arrays.stream(ids).anyMatch(i -> i == id);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "\"BertNormalizer\";\"Nmt\";/normalizer/type: expected one of [Sequence;got Nmt",
        "\"BertPreTokenizer\";\"UnicodeScripts\";/pre_tokenizer/type: expected;got UnicodeScripts",
        "\"type\":\"WordPiece\",\"unk;\"type\":\"WordLevel\",\"unk;/model/type: expected;got"
            + " WordLevel",
        "\"WordPiece\",\"prefix\";\"CTC\",\"prefix\";/decoder/type: expected one of;got CTC",
        "\"he\":4;\"he\":3;/model/vocab/he: expected an id of its own;which is \"##e\"",
        "\"he\":4;\"he\":9999999;/model/vocab/he: expected an id below 1,048,576;got 9999999",
        "\"[UNK]\",\"cont;\"[unk]\",\"cont;/model/unk_token: expected a token;got \"[unk]\"",
        "\"he\":4;\"he\":-1;/model/vocab/he: expected an id;got -1"
      })
  void whatIsWrongIsNamed(String part, String other, String expected, String got) {
    String json = TinyTokenizers.wordPiece();
    assertTrue(json.contains(part), part);
    refused(json.replace(part, other), expected, got);
  }

  @Test
  void patternsAndMergesThatAreNotKnownAreQuoted() {
    String json = TinyTokenizers.byteLevel();
    String split =
        "{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(a+)+b\"},\"behavior\":\"Isolated\",\"invert\":false}";
    refused(
        json.replaceFirst(
            "\\{\"type\":\"ByteLevel\"[^}]*}", java.util.regex.Matcher.quoteReplacement(split)),
        "/pre_tokenizer/pattern: expected a pattern",
        "got (a+)+b");
    refused(
        json.replace("[\"1\",\"1\"]", "[\"1\",\"2\"]"), "/model/merges/3", "\"12\" is no token");
    refused(json.replace("[\"1\",\"1\"]", "[\"a\",\"a\"]"), "/model/merges/4", "merge twice");
  }

  private static void refused(String json, String... parts) {
    ModelFormatException e =
        assertThrows(ModelFormatException.class, () -> TinyTokenizers.read(json));
    for (String part : parts) {
      assertTrue(String.valueOf(e.getMessage()).contains(part), e::toString);
    }
    assertEquals("tiny.json", e.file());
  }

  @Test
  void anUnknownPreTokenizerIsRefusedWithTheKnownOnes() {
    TokenizerMetadata metadata =
        TokenizerMetadata.tiny().getFirst().with("tokenizer.ggml.pre", "no-such");
    ModelFormatException e =
        assertThrows(ModelFormatException.class, () -> Tokenizers.fromGguf(metadata));
    String message = String.valueOf(e.getMessage());
    assertTrue(
        message.contains("tokenizer.ggml.pre: expected one of [") && message.contains("smollm"));
    assertTrue(message.endsWith("got no-such"), message);
  }
}
