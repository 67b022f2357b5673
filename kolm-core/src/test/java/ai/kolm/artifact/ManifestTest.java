package ai.kolm.artifact;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.artifact.ArtifactException.Code;
import ai.kolm.artifact.Manifest.License;
import ai.kolm.artifact.Manifest.Task;
import ai.kolm.artifact.Manifest.TokenizerSource;
import ai.kolm.json.CanonicalJson;
import ai.kolm.json.Json;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonReader;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ManifestTest {
  private static final Faults FAULTS = new Faults("x.kolm");

  /** A manifest with every field that tiny.kolm does not have. */
  private static final String AUDIO =
      """
      {"spec":"kolm-artifact/1","name":"a","created":315532800,"capabilities":["transcriptions"],
       "task":{"kind":"transcription"},"license":{"id":"MIT","notice":"n"},
       "audio":{"family":"whisper","format":"safetensors","weights":["audio/w"],"config":"audio/c",
        "tokenizer":"audio/t","languages":["en","deu"],"alignment_heads":[[1,2],[3,255]],
        "base":{"name":"w","revision":"r"}},
       "pair":{"for":"cidv1:sha256:%1$s"},
       "embedding":{"dimensions":8,"truncate":[4,2],"pooling":"cls","normalize":true,
        "max_tokens":9,"prefix":"p"},
       "stop":{"strings":["x"]},"budgets":{"usd_per_1000":0.5},
       "defaults":{"top_p":0.5,"top_k":3,"min_p":0.1,"repetition_penalty":1.5,"system":"s"},
       "adapters":[{"name":"q","target":"audio","weights":"ad/w","config":"ad/c","rank":1}],
       "entries":[
        {"name":"ad/c","size":0,"digest":"sha256:%1$s","role":"adapter"},
        {"name":"ad/w","size":0,"digest":"sha256:%1$s","role":"adapter"},
        {"name":"audio/c","size":0,"digest":"sha256:%1$s","role":"config"},
        {"name":"audio/t","size":0,"digest":"sha256:%1$s","role":"tokenizer"},
        {"name":"audio/w","size":1,"digest":"sha256:%1$s","role":"audio"}],
       "x-note":[null,{"a":1.5}]}
      """
          .formatted("0".repeat(64));

  @Test
  void whatIsReadIsWhatIsWritten() throws Exception {
    byte[] example = CanonicalJson.write(ArtifactVectors.json("manifest-example.json").json());
    Manifest manifest = check(example);
    assertEquals("phi-redactor", manifest.name());
    assertEquals(Optional.of("1.2.0"), manifest.version());
    assertEquals(List.of(Capability.CHAT, Capability.TOOLS), manifest.capabilities());
    assertEquals(Task.Kind.REDACTION, manifest.task().kind());
    assertEquals(OptionalLong.of(494032768), manifest.model().orElseThrow().parameters());
    assertEquals(List.of(151643, 151645), manifest.stop().tokenIds());
    assertEquals(OptionalDouble.of(0), manifest.defaults().temperature());
    assertEquals(16, manifest.adapters().getFirst().rank());
    assertTrue(manifest.adapters().getFirst().byDefault());
    assertEquals(OptionalLong.of(4), manifest.draft().orElseThrow().tokens());
    assertEquals(9, manifest.entries().size());
    assertArrayEquals(example, ManifestWriter.write(manifest));
    assertArrayEquals(
        ArtifactVectors.manifest(), ManifestWriter.write(check(ArtifactVectors.manifest())));
  }

  @Test
  void whatIsReadIsWhatIsWrittenAlsoForSpeech() throws Exception {
    Json.Obj json = (Json.Obj) JsonReader.read(AUDIO.getBytes(UTF_8), JsonLimits.DEFAULT);
    Manifest manifest = check(CanonicalJson.write(json));
    assertEquals(
        List.of(new AudioModel.AlignmentHead(1, 2), new AudioModel.AlignmentHead(3, 255)),
        manifest.audio().orElseThrow().alignmentHeads());
    assertEquals(List.of(4, 2), manifest.embedding().orElseThrow().truncate());
    // An extension is for others; it is not kept.
    Json.Obj known =
        new Json.Obj(
            json.members().entrySet().stream()
                .filter(member -> !member.getKey().startsWith("x-"))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)));
    assertEquals(
        new String(CanonicalJson.write(known), UTF_8),
        new String(ManifestWriter.write(manifest), UTF_8));
  }

  /** One change of the text of tiny.kolm's manifest, and the code of the refusal. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"created\":1767225600 | \"created\":1 | MANIFEST_SCHEMA",
        "\"created\":1767225600 | \"created\":\"1\" | MANIFEST_SCHEMA",
        "\"created\":1767225600 | \"created\":1767225600.5 | MANIFEST_SCHEMA",
        "\"created\":1767225600 | \"created\":9007199254740992 | JSON_NUMBER",
        "\"created\":1767225600 | \"created\":-9007199254740993 | JSON_NUMBER",
        "\"created\":1767225600 | \"created\":100000000000000000000 | JSON_NUMBER",
        "\"created\":1767225600 | \"created\":1e400 | JSON_NUMBER",
        "\"created\":1767225600 | \"created\":1.767225600e9 | MANIFEST_SCHEMA",
        "\"capabilities\":[\"chat\"] | \"capabilities\":[] | MANIFEST_SCHEMA",
        "\"capabilities\":[\"chat\"] | \"capabilities\":[\"chat\",\"chat\"] | MANIFEST_SCHEMA",
        "\"capabilities\":[\"chat\"] | \"capabilities\":[\"fly\"] | MANIFEST_SCHEMA",
        "\"capabilities\":[\"chat\"] | \"capabilities\":[\"embeddings\"] | MANIFEST_SCHEMA",
        "\"capabilities\":[\"chat\"] | \"capabilities\":[\"transcriptions\"] | MANIFEST_SCHEMA",
        "\"name\":\"tiny-redactor\", | `` | MANIFEST_SCHEMA",
        "\"name\":\"tiny-redactor\" | \"name\":null | MANIFEST_SCHEMA",
        "\"name\":\"tiny-redactor\" | \"name\":\"Tiny\" | MANIFEST_SCHEMA",
        "\"name\":\"tiny-redactor\" | \"name\":\"../x\" | MANIFEST_SCHEMA",
        "\"name\":\"tiny-redactor\" | \"name\":\"\\u0074iny-redactor\" | JSON_NOT_CANONICAL",
        "\"name\":\"tiny-redactor\" | \"name\":\"\\ud800\" | JSON_ENCODING",
        "\"spec\":\"kolm-artifact/1\" | \"spec\":\"kolm-artifact/0\" | MANIFEST_SCHEMA",
        "\"spec\":\"kolm-artifact/1\" | \"spec\":\"kolm-artifact/01\" | MANIFEST_SCHEMA",
        "\"spec\":\"kolm-artifact/1\" | \"spec\":\"kolm-artifact/9999\" | SPEC_UNSUPPORTED",
        "\"spec\":\"kolm-artifact/1\" | \"spec\":1 | MANIFEST_SCHEMA",
        "\"spec\":\"kolm-artifact/1\", | `` | MANIFEST_SCHEMA",
        "\"spec\": | \"requires\":[\"x\"],\"spec\": | FEATURE_UNSUPPORTED",
        "\"spec\": | \"requires\":\"x\",\"spec\": | MANIFEST_SCHEMA",
        "\"spec\": | \"parent\":\"cid\",\"spec\": | MANIFEST_SCHEMA",
        "\"kind\":\"redaction\" | \"kind\":\"redaction\",\"x-a\":1 | MANIFEST_SCHEMA",
        "\"kind\":\"redaction\" | \"kind\":\"REDACTION\" | MANIFEST_SCHEMA",
        "\"kind\":\"redaction\" | \"kind\":\"redaction\",\"languages\":[\"english\"] |"
            + " MANIFEST_SCHEMA",
        "{\"id\":\"Apache-2.0\"} | {} | MANIFEST_SCHEMA",
        "{\"id\":\"Apache-2.0\"} | {\"id\":\"\"} | MANIFEST_SCHEMA",
        "{\"id\":\"Apache-2.0\"} | [] | MANIFEST_SCHEMA",
        "{\"id\":\"Apache-2.0\"} | {\"entry\":\"evals.jsonl\",\"id\":\"MIT\"} |"
            + " MANIFEST_REFERENCE",
        "\"vocab_size\":49152 | \"vocab_size\":0 | MANIFEST_SCHEMA",
        "\"vocab_size\":49152 | \"vocab_size\":1048577 | MANIFEST_SCHEMA",
        "\"vocab_size\":49152 | \"vocab_size\":4294967297 | MANIFEST_SCHEMA",
        "\"context_length\":2048 | \"context_length\":16777217 | MANIFEST_SCHEMA",
        "\"architecture\":\"llama\" | \"architecture\":\"\" | MANIFEST_SCHEMA",
        "\"weights\":[\"model/weights.gguf\"] | \"weights\":[] | MANIFEST_SCHEMA",
        "\"weights\":[\"model/weights.gguf\"] | \"weights\":[\"manifest.json\"] | MANIFEST_SCHEMA",
        "\"weights\":[\"model/weights.gguf\"] | \"weights\":[\"a\",\"a\"] | MANIFEST_SCHEMA",
        "\"weights\":[\"model/weights.gguf\"] | \"weights\":[\"evals.jsonl\"] | MANIFEST_REFERENCE",
        "\"weights\":[\"model/weights.gguf\"] | \"weights\":[\"nowhere\"] | MANIFEST_REFERENCE",
        "{\"source\":\"gguf\"} | {\"source\":\"entry\"} | MANIFEST_SCHEMA",
        "{\"source\":\"gguf\"} | {\"source\":\"hub\"} | MANIFEST_SCHEMA",
        "{\"source\":\"gguf\"} | {\"entry\":\"evals.jsonl\",\"source\":\"entry\"} |"
            + " MANIFEST_REFERENCE",
        "{\"source\":\"gguf\"} | {\"entry\":\"evals.jsonl\",\"source\":\"gguf\"} |"
            + " MANIFEST_SCHEMA",
        ",\"tokenizer\":{\"source\":\"gguf\"} | `` | MANIFEST_SCHEMA",
        "\"role\":\"template\" | \"role\":\"other\" | MANIFEST_REFERENCE",
        "\"role\":\"template\" | \"role\":\"chunks\" | MANIFEST_REFERENCE",
        "\"role\":\"template\" | \"role\":\"cover\" | MANIFEST_SCHEMA",
        "\"size\":65 | \"size\":65537 | CONTAINER_LIMIT",
        "\"size\":65 | \"size\":-1 | MANIFEST_SCHEMA",
        "\"size\":24 | \"size\":4194305 | MANIFEST_SCHEMA",
        "\"size\":24 | \"size\":1099511627777 | MANIFEST_SCHEMA",
        "sha256:cf14 | sha256t:cf14 | MANIFEST_SCHEMA",
        "sha256:cf14 | sha256:CF14 | MANIFEST_SCHEMA",
        "sha256:cf14 | md5:cf14 | MANIFEST_SCHEMA",
        "\"name\":\"evals.jsonl\" | \"name\":\"z.jsonl\" | MANIFEST_SCHEMA",
        "\"name\":\"evals.jsonl\" | \"name\":\"chat_template.jinja\" | MANIFEST_SCHEMA",
        "\"name\":\"evals.jsonl\" | \"name\":\"Evals.jsonl\" | MANIFEST_SCHEMA",
        "\"name\":\"evals.jsonl\" | \"name\":\"attest/x\" | MANIFEST_SCHEMA",
        "\"count\":1 | \"count\":0 | MANIFEST_SCHEMA",
        "\"count\":1 | \"count\":1.0 | MANIFEST_SCHEMA",
        "\"count\":1 | \"count\":-0 | MANIFEST_SCHEMA",
        "\"spec\": | \"defaults\":{\"temperature\":3},\"spec\": | MANIFEST_SCHEMA",
        "\"spec\": | \"defaults\":{\"top_p\":0},\"spec\": | MANIFEST_SCHEMA",
        "\"spec\": | \"pair\":{},\"spec\": | MANIFEST_SCHEMA",
        "\"spec\": | \"x-deep\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]],\"spec\": | JSON_DEPTH",
        "\"spec\": | \"x-many\":9007199254740992,\"spec\": | JSON_NUMBER",
        "\"spec\": | \"x_a\":1,\"spec\": | MANIFEST_SCHEMA",
        "\"spec\": | \"spec\" : | JSON_NOT_CANONICAL",
        "\"spec\": | \"created\":1767225600,\"spec\": | JSON_DUPLICATE_KEY",
        "\"spec\": | \"spec\" | JSON_SYNTAX",
      })
  void refusesWhatTheFormatDoesNotAllow(String from, String to, String code) {
    String text = ArtifactVectors.text("manifest");
    assertTrue(text.contains(from), from);
    byte[] changed = text.replace(from, to).getBytes(UTF_8);
    ArtifactException e = refusal(changed);
    assertEquals(code, e.code().name(), e.getMessage());
    assertTrue(
        String.valueOf(e.getMessage()).startsWith("x.kolm: " + e.code().id() + ": manifest.json"));
  }

  @Test
  void nothingRequiredIsAllowed() throws Exception {
    String text =
        ArtifactVectors.text("manifest").replace("\"spec\":", "\"requires\":[],\"spec\":");
    assertEquals("tiny-redactor", check(text.getBytes(UTF_8)).name());
  }

  @Test
  void refusesOtherEncodings() {
    String text = ArtifactVectors.text("manifest");
    assertEquals(Code.JSON_SYNTAX, refusal(text.getBytes(UTF_16LE)).code());
    byte[] overlong = text.replace("tiny", "\u00c0\u00af").getBytes(ISO_8859_1);
    assertEquals(Code.JSON_ENCODING, refusal(overlong).code());
    assertEquals(Code.JSON_SYNTAX, refusal(new byte[0]).code());
    assertEquals(Code.MANIFEST_SCHEMA, refusal("[]".getBytes(UTF_8)).code());
    byte[] digits = text.replace("1767225600", "1".repeat(2_000)).getBytes(UTF_8);
    assertEquals(Code.JSON_NUMBER, refusal(digits).code());
  }

  /** One change of the example's manifest. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"rank\":16 | \"rank\":0 | MANIFEST_SCHEMA",
        "\"rank\":16 | \"rank\":513 | MANIFEST_SCHEMA",
        "\"target\":\"model\" | \"target\":\"audio\" | MANIFEST_REFERENCE",
        "\"config\":\"adapters/phi/adapter_config.json\" | \"config\":\"build.json\" |"
            + " MANIFEST_REFERENCE",
        "\"tokens\":4,\"vocab_digest\":\"sha256:27 | \"tokens\":4,\"vocab_digest\":\"sha256:28 |"
            + " DRAFT_VOCAB",
        "\"vocab_digest\":\"sha256:273e2549599ddf859b4c24385dfb4dcc23e8e66994c2c176b90c602f77a795c0"
            + "\",\"vocab_size\" | \"vocab_size\" | DRAFT_VOCAB",
        "qwen2.5-draft.kolm | ../draft.kolm | MANIFEST_SCHEMA",
        "\"role\":\"chunks\" | \"role\":\"other\" | MANIFEST_REFERENCE",
        "\"latency_p95_ms\":2500 | \"latency_p95_ms\":0 | MANIFEST_SCHEMA",
        "[151643,151645] | [151643,151643] | MANIFEST_SCHEMA",
        "\"pair\":{ | \"pair\":{\"for\":\"cidv1:sha256:8a1eed22144c3f04485a69eea62bfd3fa1026de39dc25"
            + "2b77ba9b1f3f08b00ec\", | MANIFEST_SCHEMA",
        "\"weights\":[\"model/weights.gguf\"] | \"ref\":{\"cid\":\"cidv1:sha256:8a1eed22144c3f04485a6"
            + "9eea62bfd3fa1026de39dc252b77ba9b1f3f08b00ec\"},\"weights\":[\"model/weights.gguf\"] |"
            + " MANIFEST_SCHEMA",
      })
  void refusesWhatDoesNotFitTogether(String from, String to, String code) throws Exception {
    byte[] example = CanonicalJson.write(ArtifactVectors.json("manifest-example.json").json());
    byte[] changed = new String(example, UTF_8).replace(from, to).getBytes(UTF_8);
    assertFalse(Arrays.equals(example, changed), from);
    assertEquals(code, refusal(changed).code().name(), refusal(changed).getMessage());
  }

  @Test
  void refusesASecondDefaultAndASecondName() throws Exception {
    String text =
        new String(
            CanonicalJson.write(ArtifactVectors.json("manifest-example.json").json()), UTF_8);
    String adapter =
        text.substring(text.indexOf("[{\"config\"") + 1, text.indexOf("],\"budgets\""));
    String two = text.replace(adapter, adapter + "," + adapter);
    assertTrue(
        String.valueOf(refusal(two.getBytes(UTF_8)).getMessage()).contains("a second adapter"));
    String other = text.replace(adapter, adapter + "," + adapter.replace("\"phi\"", "\"psi\""));
    assertTrue(
        String.valueOf(refusal(other.getBytes(UTF_8)).getMessage()).contains("a second default"));
  }

  @Test
  void theTimeComesFromTheEnvironmentOrTheClock() {
    assertEquals(1767225600L, ManifestBuilder.created("1767225600", Instant::now));
    assertEquals(42, ManifestBuilder.created(null, () -> Instant.ofEpochSecond(42)));
    assertEquals(42, ManifestBuilder.created("", () -> Instant.ofEpochSecond(42)));
    for (String wrong : List.of("yesterday", "1.5", "0", "-1")) {
      IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class, () -> ManifestBuilder.created(wrong, Instant::now));
      assertTrue(
          String.valueOf(e.getMessage()).startsWith("SOURCE_DATE_EPOCH: expected"), e.getMessage());
    }
  }

  @Test
  void aMistakeOfTheBuilderSaysWhatWasExpected() {
    ManifestBuilder builder =
        new ManifestBuilder(
            "x", 1767225600, List.of(Capability.CHAT), Task.of(Task.Kind.CHAT), License.of("MIT"));
    builder.tokenizer(TokenizerSource.GGUF);
    ContentEntry entry = new ContentEntry("a", EntryRole.OTHER, EntryData.of(new byte[1]));
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> ArtifactContent.of(builder, List.of(entry), 1, Progress.NONE));
    assertEquals("model: expected model or audio, got neither", e.getMessage());
    assertThrows(
        IllegalArgumentException.class,
        () -> new ContentEntry("chunks.bin", EntryRole.OTHER, EntryData.of(new byte[1])));
    assertThrows(
        IllegalArgumentException.class,
        () -> new ContentEntry("attest/x", EntryRole.OTHER, EntryData.of(new byte[1])));
  }

  private static Manifest check(byte[] bytes) throws ArtifactException {
    Manifest manifest = ManifestReader.parse(bytes, FAULTS);
    ManifestReferences.check(manifest, FAULTS);
    return manifest;
  }

  private static ArtifactException refusal(byte[] bytes) {
    return assertThrows(ArtifactException.class, () -> check(bytes));
  }
}
