package ai.kolm.server;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.kolm.chat.ChatCompletions;
import ai.kolm.chat.ChatRequest;
import ai.kolm.chat.ModelInfo;
import ai.kolm.engine.Engine;
import ai.kolm.engine.EngineLimits;
import ai.kolm.engine.EngineMetrics;
import ai.kolm.fake.FakeModel;
import ai.kolm.fake.FakeTokenizer;
import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonReader;
import ai.kolm.json.JsonText;
import ai.kolm.prompt.Message;
import ai.kolm.prompt.Prompt;
import ai.kolm.receipt.AnswerSource;
import ai.kolm.sampling.SamplingParams;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A real server on a real port, over a real engine; only the model and its tokenizer are made up.
 * Its vocabulary: three control tokens, the 128 characters of ASCII, then some longer texts.
 */
final class TestServer implements AutoCloseable {
  static final String MODEL = "fake.kolm";
  static final String CID = "cidv1:sha256:" + "0".repeat(64);
  static final String HELLO =
      "{\"model\":\"fake.kolm\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]%s}";
  static final int CONTEXT = 4096;

  private final FakeTokenizer tokenizer =
      new FakeTokenizer(
          Stream.concat(
                  IntStream.range(0, 128).mapToObj(c -> String.valueOf((char) c)),
                  Stream.of("é", "€uro", "😀", " the", "stop"))
              .map(text -> text.getBytes(StandardCharsets.UTF_8))
              .toList());
  private final FakeModel model;
  private final ChatCompletions chat;
  private final KolmServer server;

  /**
   * @param poison after this token the model gives no numbers; -1: it always does
   */
  TestServer(ServerConfig config, EngineLimits limits, int poison) throws IOException {
    this(config, limits, poison, ServedEmbedders.NONE);
  }

  private TestServer(
      ServerConfig config, EngineLimits limits, int poison, ServedEmbedders embedders)
      throws IOException {
    int size = tokenizer.vocabulary().size();
    model = new FakeModel(new FakeModel.Shape(size, CONTEXT, 16, 4096, 64, 32), poison);
    chat =
        new ChatCompletions(
            new Engine(model, tokenizer, Set.of(), limits),
            tokenizer,
            TestServer::render,
            new ModelInfo("fake", SamplingParams.DEFAULT, OptionalInt.empty(), List.of()));
    server =
        new KolmServer(
            config.withAddress("127.0.0.1", 0), ServedModels.of(model()).withEmbedders(embedders));
    server.start();
  }

  TestServer(ServerConfig config) throws IOException {
    this(config, EngineLimits.DEFAULT, -1);
  }

  TestServer(ServerConfig config, ServedEmbedders embedders) throws IOException {
    this(config, EngineLimits.DEFAULT, -1, embedders);
  }

  TestServer() throws IOException {
    this(ServerConfig.DEFAULT);
  }

  private static Prompt render(ChatRequest request) {
    List<Prompt.Segment> segments = new ArrayList<>();
    for (Message message : request.messages()) {
      segments.add(new Prompt.Segment("<turn>", true));
      segments.add(new Prompt.Segment(message.role() + "\n", true));
      segments.add(new Prompt.Segment(String.valueOf(message.content()), false));
    }
    return new Prompt(segments);
  }

  /** What it serves. */
  ServedModel model() {
    return model(MODEL);
  }

  /** What it serves, by another name. */
  ServedModel model(String id) {
    AnswerSource source =
        new AnswerSource(
            Optional.of(CID),
            id,
            "trusted",
            Optional.empty(),
            "kolm/0+000000000000",
            chat.engine().kernelName(),
            "D1",
            "fp_test");
    return new ServedModel(id, 1_700_000_000, chat, "fp_test", Optional.of(source));
  }

  int port() {
    return server.port();
  }

  KolmServer server() {
    return server;
  }

  /** Makes every step of the model take at least this long. */
  void slowDown(Duration step) {
    model.beforeStep(batch -> sleep(step));
  }

  /** The usual limits, but for the connections that may be open. */
  static ServerLimits connections(int connections) {
    ServerLimits d = ServerLimits.DEFAULT;
    return new ServerLimits(
        d.targetBytes(),
        d.headerBytes(),
        d.headers(),
        d.headBytes(),
        d.headTime(),
        d.bodyBytes(),
        d.bodyTime(),
        connections,
        d.idleTime(),
        d.stallTime(),
        d.silence(),
        d.drainTime());
  }

  static void sleep(Duration time) {
    try {
      Thread.sleep(time);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  EngineMetrics metrics() {
    return chat.engine().metrics();
  }

  /** A chat request for one "Hello"; {@code more} are further fields, each after a comma. */
  static String hello(String more) {
    return HELLO.formatted(more);
  }

  RawClient.Answer chat(String body) throws IOException {
    return RawClient.exchange(port(), RawClient.chat(body));
  }

  RawClient.Answer post(String path, String body) throws IOException {
    return RawClient.exchange(port(), RawClient.post(path, body));
  }

  static JsonObject parse(String json) {
    try {
      return JsonReader.readObject(
          json.getBytes(StandardCharsets.UTF_8), JsonLimits.DEFAULT.withDepth(32));
    } catch (JsonException e) {
      throw new AssertionError("not JSON: " + json, e);
    }
  }

  /** The data of all events of a stream; comments are left out. */
  static List<String> events(String stream) {
    return stream
        .lines()
        .filter(line -> line.startsWith("data: "))
        .map(line -> line.substring("data: ".length()))
        .toList();
  }

  /** The value at a path of names and indexes. */
  static Json at(JsonObject root, Object... path) {
    Json value = root.json();
    for (Object step : path) {
      value =
          switch (value) {
            case Json.Obj object -> member(object, String.valueOf(step));
            case Json.Arr array -> array.items().get((int) step);
            default -> throw new AssertionError("no %s in %s".formatted(step, value));
          };
    }
    return value;
  }

  static Json member(Json.Obj object, String name) {
    Json member = object.members().get(name);
    if (member == null) {
      throw new AssertionError("no %s in %s".formatted(name, object));
    }
    return member;
  }

  static String string(JsonObject root, Object... path) {
    return at(root, path) instanceof Json.Str s ? s.value() : "not a string";
  }

  static long integer(JsonObject root, Object... path) {
    return at(root, path) instanceof Json.Int i ? i.value() : Long.MIN_VALUE;
  }

  /** Waits until {@code condition} holds. */
  static void await(String what, BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("did not happen: " + what);
      }
      Thread.sleep(2);
    }
  }

  @Override
  public void close() {
    server.close();
    chat.close();
    if (!model.isClosed()) {
      throw new AssertionError("the model is still open");
    }
  }

  /** The answer to {@link #hello}, which meets the schema. */
  JsonObject complete(String more) throws IOException {
    RawClient.Answer answer = chat(hello(more));
    assertEquals(200, answer.status(), answer.body());
    OpenAiSchema.check("CreateChatCompletionResponse", answer.body());
    return parse(answer.body());
  }

  /** The chunks of its stream, each of which meets the schema. */
  List<JsonObject> stream(String more) throws IOException {
    List<JsonObject> chunks = unchecked(more);
    for (JsonObject chunk : chunks) {
      OpenAiSchema.check("CreateChatCompletionStreamResponse", JsonText.of(chunk.json()));
    }
    return chunks;
  }

  /** The chunks of its stream, also of calls of custom tools, which that schema does not know. */
  List<JsonObject> unchecked(String more) throws IOException {
    RawClient.Answer answer = chat(hello(",\"stream\":true" + more));
    assertEquals(200, answer.status(), answer.body());
    assertEquals("text/event-stream;charset=utf-8", answer.header("content-type").replace(" ", ""));
    List<String> events = events(answer.body());
    assertEquals("[DONE]", events.getLast());
    List<JsonObject> chunks = new ArrayList<>();
    for (String event : events.subList(0, events.size() - 1)) {
      chunks.add(parse(event));
    }
    return chunks;
  }
}
