package ai.kolm.server;

import static ai.kolm.server.TestServer.at;
import static ai.kolm.server.TestServer.integer;
import static ai.kolm.server.TestServer.parse;
import static ai.kolm.server.TestServer.string;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.embedding.Embeddings;
import ai.kolm.json.Json;
import ai.kolm.json.JsonObject;
import ai.kolm.receipt.AnswerSource;
import ai.kolm.receipt.ReceiptHash;
import ai.kolm.reference.ReferenceData;
import ai.kolm.server.RawClient.Answer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Vectors over HTTP, with a small real model. */
@Timeout(120)
final class EmbeddingsHandlerTest {
  private static final String PATH = "/v1/embeddings";
  private static final ServerConfig NATIVE =
      ServerConfig.DEFAULT.withOptions(new ServerOptions(false, true, false));

  private static Embeddings embeddings;
  private static TestServer server;

  @BeforeAll
  static void start() throws Exception {
    embeddings = Embeddings.open(ReferenceData.minilm());
    server = new TestServer(NATIVE, serving("minilm", Optional.empty(), Map.of()));
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      server.close();
      embeddings.close();
    }
  }

  private static ServedEmbedders serving(
      String id, Optional<String> embedsFor, Map<String, String> pairs) {
    return new ServedEmbedders(List.of(embedder(id, embedsFor)), pairs);
  }

  private static ServedEmbedder embedder(String id, Optional<String> embedsFor) {
    AnswerSource source =
        new AnswerSource(
            Optional.of("cidv1:sha256:" + "e".repeat(64)),
            id,
            "trusted",
            Optional.empty(),
            "kolm/0+000000000000",
            embeddings.kernelName(),
            "D1",
            "fp_test");
    return new ServedEmbedder(id, 1_700_000_000, embeddings, Optional.of(source), embedsFor);
  }

  private static String body(String model, String more) {
    return "{'model':'%s'%s}".formatted(model, more).replace('\'', '"');
  }

  private static JsonObject embed(String more) throws IOException {
    Answer answer = server.post(PATH, body("minilm", more));
    assertEquals(200, answer.status(), answer.body());
    if (!more.contains("base64")) {
      OpenAiSchema.check("CreateEmbeddingResponse", answer.body());
    }
    return parse(answer.body());
  }

  private static float[] vector(JsonObject body, int index) {
    List<Json> items = ((Json.Arr) at(body, "data", index, "embedding")).items();
    float[] vector = new float[items.size()];
    for (int i = 0; i < vector.length; i++) {
      vector[i] =
          items.get(i) instanceof Json.Int whole
              ? (float) whole.value()
              : (float) ((Json.Real) items.get(i)).value();
    }
    return vector;
  }

  private static double cosine(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }

  @Test
  void allFormsOfInputAreTheSameVectors() throws IOException {
    float[] expected = embeddings.embed("a");
    JsonObject one = embed(",'input':'a'");
    assertEquals("list", string(one, "object"));
    assertEquals("minilm", string(one, "model"));
    assertEquals(3, integer(one, "usage", "prompt_tokens"));
    assertEquals(3, integer(one, "usage", "total_tokens"));
    // 1037 is "a".
    for (String input : List.of("'a'", "['a']", "[1037]", "[[1037]]")) {
      JsonObject body = embed(",'input':" + input);
      assertEquals(1, cosine(expected, vector(body, 0)), 1e-6, input);
      assertEquals(384, vector(body, 0).length);
    }
    JsonObject many = embed(",'input':['a','The sea is calm.',\"a\"]");
    assertEquals(1, cosine(vector(many, 0), vector(many, 2)), 1e-6);
    assertTrue(cosine(vector(many, 0), vector(many, 1)) < 0.9);
    assertEquals(1, integer(many, "data", 1, "index"));
  }

  @Test
  void theReceiptIsOfTheVectors() throws IOException {
    String more = ",'input':['a','b'],'encoding_format':'base64'";
    Answer answer = server.post(PATH, body("minilm", more));
    String payload = answer.header("x-kolm-receipt").split("\\.", -1)[1];
    JsonObject receipt = parse(new String(Base64.getUrlDecoder().decode(payload), UTF_8));
    ReceiptHash vectors = new ReceiptHash(Optional.empty());
    for (int i = 0; i < 2; i++) {
      String vector = string(parse(answer.body()), "data", i, "embedding");
      vectors.add(Base64.getDecoder().decode(vector));
    }
    assertEquals("embedding", string(receipt, "kind"));
    assertEquals(vectors.text(), string(receipt, "out"));
    assertEquals(ReceiptHash.plain(answer.body().getBytes(UTF_8)), string(receipt, "res"));
    assertEquals(answer.header("x-kolm-artifact"), string(receipt, "cid"));
  }

  @Test
  void base64IsTheSameVector() throws IOException {
    float[] plain = vector(embed(",'input':'a','encoding_format':'float'"), 0);
    String text = string(embed(",'input':'a','encoding_format':'base64'"), "data", 0, "embedding");
    ByteBuffer bytes =
        ByteBuffer.wrap(Base64.getDecoder().decode(text)).order(ByteOrder.LITTLE_ENDIAN);
    assertEquals(4 * 384, bytes.remaining());
    for (float value : plain) {
      assertEquals(value, bytes.getFloat());
    }
  }

  @Test
  void theModelIsListedAndNamedInTheReceipt() throws IOException {
    Answer answer = server.post(PATH, body("minilm", ",'input':'a'"));
    assertEquals("cidv1:sha256:" + "e".repeat(64), answer.header("x-kolm-artifact"));
    Answer list = RawClient.exchange(server.port(), RawClient.get("/v1/models"));
    assertTrue(list.body().contains("\"minilm\""), list.body());
    assertEquals(
        200, RawClient.exchange(server.port(), RawClient.get("/v1/models/minilm")).status());
  }

  @Test
  void tokensAreRefusedUnlessTheyAreAsked() throws IOException {
    try (TestServer strict =
        new TestServer(ServerConfig.DEFAULT, serving("minilm", Optional.empty(), Map.of()))) {
      Answer answer = strict.post(PATH, body("minilm", ",'input':[1037]"));
      JsonObject error = RefusedRequestsTest.checkError(answer, 400);
      assertEquals("unsupported_value", string(error, "error", "code"));
      assertTrue(answer.body().contains("check_embedding_ctx_length"), answer.body());
    }
  }

  @Test
  void aChatModelStandsForItsHalf() throws IOException {
    try (TestServer paired =
        new TestServer(NATIVE, serving("fake.embed.kolm", Optional.empty(), Map.of()))) {
      for (String name : List.of("fake", "fake.kolm", "fake.embed", "fake.embed.kolm")) {
        Answer answer = paired.post(PATH, body(name, ",'input':'a'"));
        assertEquals(200, answer.status(), answer.body());
        assertEquals("fake.embed.kolm", string(parse(answer.body()), "model"));
      }
      assertEquals(404, paired.post(PATH, body("other", ",'input':'a'")).status());
    }
    try (TestServer other =
        new TestServer(NATIVE, serving("other.embed.kolm", Optional.empty(), Map.of()))) {
      assertEquals(200, other.post(PATH, body("fake", ",'input':'a'")).status(), "the only one");
    }
  }

  @Test
  void aPairThatIsNamedIsNeverReplaced() throws IOException {
    Map<String, String> pairs = Map.of("fake.kolm", "cidv1:sha256:" + "d".repeat(64));
    try (TestServer wrong =
        new TestServer(NATIVE, serving("fake.embed.kolm", Optional.empty(), pairs))) {
      Answer answer = wrong.post(PATH, body("fake", ",'input':'a'"));
      JsonObject error = RefusedRequestsTest.checkError(answer, 400);
      assertEquals("embedding_pair_mismatch", string(error, "error", "code"));
    }
    String elsewhere = "cidv1:sha256:" + "c".repeat(64);
    try (TestServer wrong =
        new TestServer(NATIVE, serving("fake.embed.kolm", Optional.of(elsewhere), Map.of()))) {
      assertEquals(400, wrong.post(PATH, body("fake", ",'input':'a'")).status());
    }
    Map<String, String> right = Map.of("fake.kolm", "cidv1:sha256:" + "e".repeat(64));
    try (TestServer good =
        new TestServer(NATIVE, serving("x", Optional.of(TestServer.CID), right))) {
      assertEquals(200, good.post(PATH, body("fake", ",'input':'a'")).status());
    }
  }

  /** A shelf with one model, beside the chat model that wants {@code wanted}. */
  private record OneBeside(ServedEmbedder model, Optional<String> wantedCid)
      implements EmbedderShelf {
    @Override
    public List<ModelEntry> list() {
      return List.of(new ModelEntry(model.id(), model.created(), model.cid()));
    }

    @Override
    public List<ServedEmbedder> loaded() {
      return List.of(model);
    }

    @Override
    public Optional<ServedEmbedder> model(String name) {
      return Optional.of(model).filter(one -> one.id().equals(name));
    }

    @Override
    public Optional<String> wanted(String chat) {
      return wantedCid;
    }

    @Override
    public Optional<ServedEmbedder> beside(String chat) {
      return Optional.of(model);
    }
  }

  @Test
  void theHalfOfAChatModelIsFoundOnTheShelf() throws IOException {
    String own = "cidv1:sha256:" + "e".repeat(64);
    String other = "cidv1:sha256:" + "d".repeat(64);
    record Case(Optional<String> wanted, Optional<String> embedsFor, int status) {}
    for (Case one :
        List.of(
            new Case(Optional.empty(), Optional.empty(), 200),
            new Case(Optional.of(own), Optional.empty(), 200),
            new Case(Optional.of(other), Optional.empty(), 400),
            new Case(Optional.empty(), Optional.of(other), 400))) {
      ServedEmbedder half = embedder("half.embed.kolm", one.embedsFor());
      ServedEmbedders shelved =
          new ServedEmbedders(List.of(), Map.of(), new OneBeside(half, one.wanted()));
      try (TestServer paired = new TestServer(NATIVE, shelved)) {
        assertEquals(one.status(), paired.post(PATH, body("fake", ",'input':'a'")).status());
        Answer itself = paired.post(PATH, body("half.embed.kolm", ",'input':'a'"));
        assertEquals(200, itself.status(), itself.body());
        assertEquals(404, paired.post(PATH, body("other", ",'input':'a'")).status());
      }
    }
  }

  /** Long texts, of which many take minutes. */
  private static String longTexts(int count) {
    String text = "\"" + "word ".repeat(250) + "\"";
    return body("minilm", ",'input':[" + String.join(",", Collections.nCopies(count, text)) + "]");
  }

  private static boolean shows(String what) {
    try {
      return RawClient.exchange(server.port(), RawClient.get("/metrics")).body().contains(what);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void nothingIsComputedForAClientThatHasLeft() throws Exception {
    try (RawClient client = new RawClient(server.port())) {
      client.send(RawClient.post(PATH, longTexts(1000)));
      assertEquals(200, server.post(PATH, body("minilm", ",'input':'a'")).status(), "meanwhile");
    }
    String gone = "kolm_request_seconds_count{route=\"/v1/embeddings\",status=\"client_gone\"}";
    TestServer.await("the vectors are given up", () -> shows(gone));
    assertEquals(200, server.post(PATH, body("minilm", ",'input':'a'")).status());
  }

  @Test
  void aServerThatClosesEndsVectorsToo() throws Exception {
    ServerLimits limits = ServerLimits.DEFAULT;
    ServerConfig undrained =
        ServerConfig.DEFAULT.withLimits(
            limits.withTimes(
                limits.headTime(),
                limits.bodyTime(),
                limits.stallTime(),
                limits.silence(),
                Duration.ZERO));
    TestServer closing = new TestServer(undrained, serving("minilm", Optional.empty(), Map.of()));
    try (RawClient client = new RawClient(closing.port())) {
      client.send(RawClient.post(PATH, longTexts(400)));
      assertEquals(200, closing.post(PATH, body("minilm", ",'input':'a'")).status());
      Thread end = Thread.ofVirtual().start(closing::close);
      RefusedRequestsTest.checkError(client.read(), 503);
      end.join();
    }
  }

  @Test
  void tokensOfVectorsAreCounted() throws Exception {
    embed(",'input':'a'");
    TestServer.await(
        "they are counted", () -> shows("kolm_tokens_total{kind=\"prompt\",model=\"minilm\"}"));
    JsonObject info =
        parse(RawClient.exchange(server.port(), RawClient.get("/v1/kolm/info")).body());
    assertEquals("minilm", string(info, "embedding_models", 0, "id"));
    assertEquals(384, integer(info, "embedding_models", 0, "dimensions"));
    assertEquals(512, integer(info, "embedding_models", 0, "max_input_tokens"));
  }

  static Stream<List<String>> refused() {
    return Stream.of(
            "'x':1 | input | missing_required_parameter | 400",
            "'input':'' | input | string_below_min_length | 400",
            "'input':[] | input | empty_array | 400",
            "'input':['a',''] | input[1] | string_below_min_length | 400",
            "'input':[[]] | input[0] | empty_array | 400",
            "'input':7 | input | invalid_type | 400",
            "'input':[40000] | input | invalid_value | 400",
            "'input':'a','dimensions':128 | dimensions | invalid_value | 400",
            "'input':'a','dimensions':0 | dimensions | integer_below_min_value | 400",
            "'input':'a','encoding_format':'hex' | encoding_format | invalid_value | 400",
            "'input':'%s' | input | invalid_value | 400".formatted("word ".repeat(600)))
        .map(row -> List.of(row.split(" \\| ", -1)));
  }

  @ParameterizedTest
  @MethodSource("refused")
  void whatIsWrongIsRefused(List<String> row) throws IOException {
    Answer answer = server.post(PATH, body("minilm", "," + row.get(0)));
    JsonObject error = RefusedRequestsTest.checkError(answer, Integer.parseInt(row.get(3)));
    assertEquals(row.get(1), RefusedRequestsTest.text(at(error, "error", "param")), answer.body());
    assertEquals(row.get(2), RefusedRequestsTest.text(at(error, "error", "code")), answer.body());
  }
}
