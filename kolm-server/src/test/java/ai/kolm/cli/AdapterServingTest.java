package ai.kolm.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.chat.RunOptions;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonReader;
import ai.kolm.model.ModelConfig;
import ai.kolm.model.ModelLoader;
import ai.kolm.server.KolmServer;
import ai.kolm.server.ModelLibrary;
import ai.kolm.server.ServerConfig;
import ai.kolm.source.ModelFiles;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Adapters from the command that packs them to the answers and receipts of a server. */
class AdapterServingTest {
  @TempDir private Path home;

  private Path store;
  private Path legal;

  @BeforeEach
  void pack() throws Exception {
    store = Files.createDirectories(home.resolve("kolm/artifacts"));
    ModelConfig config;
    try (ModelFiles files = ModelFiles.open(KolmRun.chatModel())) {
      config = ModelLoader.config(files);
    }
    legal = adapter("legal", config, 1, config.hiddenSize());
    Path other = adapter("other", config, 2, config.hiddenSize());
    ok(
        "pack",
        KolmRun.chatModel().toString(),
        "--license",
        "MIT",
        "--adapter",
        "legal=" + legal,
        "--adapter",
        "other=" + other,
        "--default-adapter",
        "none",
        "--out",
        store.resolve("base.kolm").toString());
  }

  private String ok(String... arguments) {
    KolmRun run = KolmRun.of(home, arguments);
    assertEquals(0, run.exitCode(), run.err());
    return run.out();
  }

  /** An adapter of the output projections of attention, as PEFT saves it. */
  private Path adapter(String name, ModelConfig config, long seed, int outputs) throws IOException {
    Path folder = Files.createDirectories(home.resolve(name));
    int rank = 4;
    int inputs = config.queryHeads() * config.headDim();
    List<String> tensors = new ArrayList<>();
    int end = 0;
    for (int layer = 0; layer < config.layers(); layer++) {
      for (int[] shape : new int[][] {{rank, inputs}, {outputs, rank}}) {
        int start = end;
        end += 4 * shape[0] * shape[1];
        tensors.add(
            """
            "base_model.model.model.layers.%d.self_attn.o_proj.lora_%s.weight":\
            {"dtype":"F32","shape":[%d,%d],"data_offsets":[%d,%d]}\
            """
                .formatted(layer, shape[0] == rank ? "A" : "B", shape[0], shape[1], start, end));
      }
    }
    byte[] header = ("{" + String.join(",", tensors) + "}").getBytes(UTF_8);
    ByteBuffer file = ByteBuffer.allocate(8 + header.length + end).order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(header.length).put(header);
    Random random = new Random(seed);
    while (file.hasRemaining()) {
      file.putFloat((float) random.nextGaussian());
    }
    Files.write(folder.resolve("adapter_model.safetensors"), file.array());
    Files.writeString(
        folder.resolve("adapter_config.json"),
        """
        {"peft_type":"LORA","r":4,"lora_alpha":8.0,"bias":"none","target_modules":["o_proj"]}\
        """);
    return folder;
  }

  private ModelLibrary library() {
    CommandContext context = KolmRun.serving(home);
    RunOptions options = RunOptions.DEFAULT.withKernels("scalar").withThreads(1);
    ServedShelf shelf = new ServedShelf(context, new TrustFlags(), options, List.of());
    return new ModelLibrary(shelf, 1L << 30, Duration.ofSeconds(30));
  }

  private static HttpResponse<String> chat(HttpClient client, int port, String model)
      throws Exception {
    String body =
        """
        {"model":"%s","max_tokens":12,"temperature":0,"messages":[{"role":"user","content":\
        "Tell me of a long way home, and of all that you saw there."}]}\
        """
            .formatted(model);
    return post(client, port, "/v1/chat/completions", body);
  }

  private static String text(HttpClient client, int port, String model) throws Exception {
    String body =
        """
        {"model":"%s","max_tokens":12,"temperature":0,"prompt":"The way home is"}\
        """
            .formatted(model);
    HttpResponse<String> response = post(client, port, "/v1/completions", body);
    assertEquals(200, response.statusCode(), response.body());
    return json(response.body().getBytes(UTF_8)).objects("choices").getFirst().string("text");
  }

  private static HttpResponse<String> post(HttpClient client, int port, String path, String body)
      throws Exception {
    URI uri = URI.create("http://127.0.0.1:%d%s".formatted(port, path));
    return client.send(
        HttpRequest.newBuilder(uri)
            .header("content-type", "application/json")
            .POST(BodyPublishers.ofString(body))
            .build(),
        BodyHandlers.ofString());
  }

  private static JsonObject json(byte[] text) throws Exception {
    return JsonReader.readObject(text, JsonLimits.DEFAULT);
  }

  private static String answer(HttpResponse<String> response) throws Exception {
    assertEquals(200, response.statusCode(), response.body());
    JsonObject choice = json(response.body().getBytes(UTF_8)).objects("choices").getFirst();
    return choice.object("message").string("content");
  }

  private static JsonObject receipt(HttpResponse<String> response) throws Exception {
    String jws = response.headers().firstValue("x-kolm-receipt").orElseThrow();
    return json(Base64.getUrlDecoder().decode(jws.split("\\.", -1)[1]));
  }

  private static long cached(HttpResponse<String> response) throws Exception {
    return json(response.body().getBytes(UTF_8))
        .object("usage")
        .object("prompt_tokens_details")
        .integer("cached_tokens");
  }

  @Test
  void eachRequestHasItsAdapter() throws Exception {
    assertTrue(ok("inspect", store.resolve("base.kolm").toString()).contains("legal  rank 4"));
    try (ModelLibrary library = library();
        KolmServer server =
            new KolmServer(ServerConfig.DEFAULT.withAddress("127.0.0.1", 0), library);
        HttpClient client = HttpClient.newHttpClient()) {
      server.start();
      int port = server.port();
      URI models = URI.create("http://127.0.0.1:%d/v1/models".formatted(port));
      String list =
          client.send(HttpRequest.newBuilder(models).build(), BodyHandlers.ofString()).body();
      assertTrue(list.contains("\"id\":\"base.kolm:legal\""), list);
      HttpResponse<String> bare = chat(client, port, "base");
      HttpResponse<String> adapted = chat(client, port, "base:legal");
      assertEquals(0, cached(adapted), "what the base computed is not the adapter's");
      assertTrue(cached(chat(client, port, "base:legal")) > 0);
      String plain = answer(bare);
      String inLegal = answer(adapted);
      String inOther = answer(chat(client, port, "base.kolm:other"));
      assertNotEquals(plain, inLegal);
      assertNotEquals(inOther, inLegal);
      assertTrue(adapted.body().contains("\"model\":\"base.kolm:legal\""), adapted.body());
      assertEquals("legal", receipt(adapted).string("adapter"));
      assertTrue(receipt(bare).findString("adapter").isEmpty());
      assertEquals(404, chat(client, port, "base:nobody").statusCode());
      assertNotEquals(text(client, port, "base"), text(client, port, "base:legal"));
      Map<String, String> expected =
          Map.of("base", plain, "base:legal", inLegal, "base:other", inOther);
      try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        List<Future<Void>> together = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
          expected.forEach(
              (model, text) ->
                  together.add(
                      threads.submit(
                          () -> {
                            assertEquals(text, answer(chat(client, port, model)), model);
                            return null;
                          })));
        }
        for (Future<Void> one : together) {
          one.get();
        }
      }
    }
  }

  @Test
  void adaptersAloneAreServedOverTheirBase() throws Exception {
    String file = store.resolve("contracts.kolm").toString();
    String base = store.resolve("base.kolm").toString();
    Path cases = home.resolve("cases.jsonl");
    Files.writeString(
        cases, "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"ideal\":\"y\"}\n");
    String[] pack = {"pack", "--base", base, "--adapter", "legal=" + legal, "--out", file};
    String[] more = {"--task=extraction", "--evals=" + cases};
    ok(Stream.of(pack, more).flatMap(Stream::of).toArray(String[]::new));
    String said = ok("inspect", file);
    assertTrue(said.contains("task      extraction"), said);
    assertTrue(said.contains("evals     1 in evals.jsonl"), said);
    String[] draft = {"--draft=" + KolmRun.chatModel()};
    KolmRun refused =
        KolmRun.of(home, Stream.of(pack, draft).flatMap(Stream::of).toArray(String[]::new));
    assertEquals(1, refused.exitCode(), refused.err());
    assertTrue(Files.size(Path.of(file)) < Files.size(Path.of(base)) / 4);
    ok("verify", file);
    try (ModelLibrary library = library();
        KolmServer server =
            new KolmServer(ServerConfig.DEFAULT.withAddress("127.0.0.1", 0), library);
        HttpClient client = HttpClient.newHttpClient()) {
      server.start();
      HttpResponse<String> own = chat(client, server.port(), "contracts");
      assertEquals(answer(chat(client, server.port(), "base:legal")), answer(own));
      assertEquals("legal", receipt(own).string("adapter"));
      assertNotEquals(
          receipt(chat(client, server.port(), "base")).string("cid"), receipt(own).string("cid"));
    }
    Path elsewhere = Files.createDirectories(home.resolve("elsewhere")).resolve("contracts.kolm");
    Files.move(Path.of(file), elsewhere);
    String[] question = {"run", elsewhere.toString(), "hi", "--max-tokens", "2"};
    ok(question);
    Files.move(Path.of(base), store.resolve("renamed.kolm"));
    ok(question);
    Files.delete(store.resolve("renamed.kolm"));
    KolmRun missing = KolmRun.of(home, question);
    assertEquals(3, missing.exitCode(), missing.err());
    assertTrue(missing.err().contains("reference_missing"), missing.err());
    assertTrue(missing.err().contains("cidv1:sha256:"), missing.err());
  }

  @Test
  void whatDoesNotFitIsNotPacked() throws Exception {
    ModelConfig config;
    try (ModelFiles files = ModelFiles.open(KolmRun.chatModel())) {
      config = ModelLoader.config(files);
    }
    Path odd = adapter("odd", config, 3, config.hiddenSize() + 1);
    Path target = home.resolve("odd.kolm");
    KolmRun refused =
        KolmRun.of(
            home,
            "pack",
            KolmRun.chatModel().toString(),
            "--license",
            "MIT",
            "--adapter",
            "odd=" + odd,
            "--out",
            target.toString());
    assertEquals(2, refused.exitCode(), refused.err());
    assertTrue(refused.err().contains("adapter_shape"), refused.err());
    assertFalse(Files.exists(target));
    for (String adapter : List.of("odd", "=x", "A=" + legal, "../x=" + legal)) {
      KolmRun bad = KolmRun.of(home, "pack", KolmRun.chatModel().toString(), "--adapter", adapter);
      assertEquals(1, bad.exitCode(), bad.err());
    }
  }
}
