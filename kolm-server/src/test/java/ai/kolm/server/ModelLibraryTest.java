package ai.kolm.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.artifact.ArtifactException;
import ai.kolm.server.RefusedException.Reason;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Loading, sharing, unloading and refusing, over files whose content says what they are. */
class ModelLibraryTest {
  private static final long MEBIBYTE = 1L << 20;

  @TempDir private Path folder;

  private final Shelf shelf = new Shelf();
  private final TestServer server;
  private ModelLibrary library;

  ModelLibraryTest() throws IOException {
    server = new TestServer();
    library = library(1000);
  }

  @BeforeEach
  void write() throws IOException {
    for (String name : List.of("a", "b", "c")) {
      Files.writeString(folder.resolve(name + ".kolm"), "good");
    }
  }

  @AfterEach
  void close() {
    library.close();
    server.close();
    assertEquals(0, shelf.open.get(), "models that are still open");
  }

  private ModelLibrary library(long mebibytes) {
    return new ModelLibrary(shelf, mebibytes * MEBIBYTE, Duration.ofSeconds(5));
  }

  /** Files of 1 MiB of pretended memory each; their texts are {@code good} or a code. */
  private final class Shelf implements ModelShelf {
    final AtomicInteger open = new AtomicInteger();
    final AtomicInteger opened = new AtomicInteger();
    final Map<String, CountDownLatch> gates = new ConcurrentHashMap<>();

    @Override
    public List<Path> files() throws IOException {
      try (Stream<Path> files = Files.list(folder)) {
        return files.sorted().toList();
      }
    }

    private void check(Path file) throws IOException, ModelFormatException {
      String text = Files.readString(file);
      if (!text.equals("good")) {
        ArtifactException.Code code = ArtifactException.Code.valueOf(text);
        String name = String.valueOf(file.getFileName());
        throw new ModelFormatException(
            name, new ArtifactException(code, name, "somewhere", "wrong", "", ""));
      }
    }

    @Override
    public List<ModelEntry> describe(Path file) throws IOException, ModelFormatException {
      check(file);
      return List.of(new ModelEntry(String.valueOf(file.getFileName()), 7, Optional.of("cid")));
    }

    @Override
    public OpenModel open(Path file, long bytes) throws IOException, ModelFormatException {
      String id = String.valueOf(file.getFileName());
      try {
        gates.getOrDefault(id, new CountDownLatch(0)).await();
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
      opened.incrementAndGet();
      check(file);
      open.incrementAndGet();
      ServedModel template = server.model();
      ServedModel model = new ServedModel(id, 7, template.chat(), id);
      return new OpenModel(
          model, Map.of("x", model), List.of(), 100 * MEBIBYTE, open::decrementAndGet);
    }
  }

  private Reason refusal(String name) {
    return assertThrows(RefusedException.class, () -> library.lease(name)).reason();
  }

  @Test
  void aModelIsLoadedWhenItIsFirstAskedFor() throws Exception {
    assertEquals(
        List.of("a.kolm", "b.kolm", "c.kolm"),
        library.list().stream().map(ModelEntry::id).toList());
    assertEquals(0, shelf.opened.get());
    assertEquals(List.of(), library.loaded());
    ServedModel first;
    try (ModelLease lease = library.lease("a")) {
      first = lease.model();
    }
    for (String name : List.of("a.kolm", "a:x", "a.kolm:x", "a")) {
      try (ModelLease lease = library.lease(name)) {
        assertSame(first, lease.model());
      }
    }
    assertEquals(1, shelf.opened.get());
    assertEquals(Reason.MODEL_NOT_FOUND, refusal("a:y"));
    assertEquals(Reason.MODEL_NOT_FOUND, refusal("../a"));
    assertEquals(Reason.MODEL_NOT_FOUND, refusal("d"));
    assertEquals("b.kolm", library.find("b").id());
    assertEquals(1, shelf.opened.get());
    assertEquals(List.of(first), library.loaded());
  }

  @Test
  void theLeastRecentlyUsedModelMakesRoom() throws Exception {
    library = library(250);
    library.lease("a").close();
    library.lease("b").close();
    library.lease("a").close();
    library.lease("c").close();
    assertEquals(2, shelf.open.get());
    assertEquals(3, shelf.opened.get());
    library.lease("a").close();
    assertEquals(3, shelf.opened.get(), "a was used last, so b had to go");
    library.lease("b").close();
    assertEquals(4, shelf.opened.get());
  }

  @Test
  void aModelInUseStaysAndOthersWaitForItsMemory() throws Exception {
    library = new ModelLibrary(shelf, 100 * MEBIBYTE, Duration.ofMillis(200));
    ModelLease used = library.lease("a");
    assertEquals(Reason.LOADING, refusal("b"));
    used.check();
    assertEquals(1, shelf.open.get());
    ModelLibrary patient = library(100);
    ModelLease held = patient.lease("a");
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<ServedModel> waiting =
          threads.submit(
              () -> {
                try (ModelLease lease = patient.lease("b")) {
                  return lease.model();
                }
              });
      Thread.sleep(100);
      assertFalse(waiting.isDone());
      held.close();
      assertEquals("b.kolm", waiting.get().id());
    }
    patient.close();
    used.close();
    used.close();
  }

  @Test
  void loadingDoesNotBlockOthers() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    shelf.gates.put("b.kolm", gate);
    library.lease("a").close();
    List<CompletableFuture<String>> waiting = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      waiting.add(
          CompletableFuture.supplyAsync(
              () -> {
                try (ModelLease lease = library.lease("b")) {
                  return lease.model().id();
                } catch (RefusedException e) {
                  return e.reason().name();
                }
              },
              Thread::startVirtualThread));
    }
    for (int i = 0; i < 100; i++) {
      library.lease("a").close();
    }
    assertTrue(waiting.stream().noneMatch(CompletableFuture::isDone));
    gate.countDown();
    for (CompletableFuture<String> one : waiting) {
      assertEquals("b.kolm", one.get());
    }
    assertEquals(2, shelf.opened.get());
  }

  @Test
  void aRefusedArtifactIsNotListedNorServed() throws Exception {
    Files.writeString(folder.resolve("a.kolm"), "SIGNER_UNKNOWN");
    assertEquals(2, library.list().size());
    for (int i = 0; i < 3; i++) {
      RefusedException refused = assertThrows(RefusedException.class, () -> library.lease("a"));
      assertEquals(Reason.ARTIFACT_REFUSED, refused.reason());
      assertTrue(String.valueOf(refused.getMessage()).contains("signer_unknown"));
    }
    assertEquals(1, shelf.opened.get(), "a refusal is remembered");
    assertThrows(RefusedException.class, () -> library.find("a"));
    Files.writeString(folder.resolve("a.kolm"), "good");
    library.lease("a").close();
  }

  @Test
  void aFileInPlaceOfAServedOneIsServedNext() throws Exception {
    ModelLease old = library.lease("a");
    Path other = folder.resolveSibling(folder.getFileName() + "-new.kolm");
    Files.writeString(other, "good");
    Files.move(other, folder.resolve("a.kolm"), StandardCopyOption.REPLACE_EXISTING);
    old.check();
    try (ModelLease fresh = library.lease("a")) {
      assertEquals(2, shelf.open.get(), "the old one answers on");
      fresh.check();
    }
    old.close();
    assertEquals(1, shelf.open.get());
  }

  @Test
  void aModelDamagedWhileItIsServedIsUnavailable() throws Exception {
    try (ModelLease lease = library.lease("a")) {
      lease.check();
      Files.writeString(folder.resolve("a.kolm"), "DIGEST_MISMATCH");
      assertEquals(
          Reason.MODEL_UNAVAILABLE, assertThrows(RefusedException.class, lease::check).reason());
      assertEquals(Reason.MODEL_UNAVAILABLE, refusal("a"));
    }
    assertEquals(0, shelf.open.get(), "what is damaged is not kept");
    assertEquals(Reason.MODEL_UNAVAILABLE, refusal("a"));
    Files.writeString(folder.resolve("a.kolm"), "good");
    Files.setLastModifiedTime(folder.resolve("a.kolm"), FileTime.fromMillis(1));
    library.lease("a").close();
    library.lease("b").close();
  }

  @Test
  void leasesOfManyThreadsAndTooLittleMemory() throws Exception {
    library = library(200);
    AtomicInteger answered = new AtomicInteger();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Void>> all = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        String name = List.of("a", "b", "c").get(i % 3);
        all.add(
            threads.submit(
                () -> {
                  try (ModelLease lease = library.lease(name)) {
                    assertEquals(name + ".kolm", lease.model().id());
                    assertTrue(shelf.open.get() >= 1);
                    Thread.sleep(1);
                    answered.incrementAndGet();
                  }
                  return null;
                }));
      }
      for (Future<Void> one : all) {
        one.get();
      }
    }
    assertEquals(300, answered.get());
    assertTrue(shelf.open.get() <= 2, "open: " + shelf.open);
  }

  @Test
  void overHttp() throws Exception {
    Files.writeString(folder.resolve("b.kolm"), "KEY_REVOKED");
    ServerConfig config = ServerConfig.DEFAULT.withAddress("127.0.0.1", 0);
    try (KolmServer http = new KolmServer(config, library)) {
      http.start();
      RawClient.Answer list = RawClient.exchange(http.port(), RawClient.get("/v1/models"));
      OpenAiSchema.check("ListModelsResponse", list.body());
      assertFalse(list.body().contains("b.kolm"), list.body());
      RawClient.Answer one = RawClient.exchange(http.port(), RawClient.get("/v1/models/c"));
      assertEquals("cid", one.header("x-kolm-artifact"));
      RawClient.Answer refused = chat(http, "b");
      RefusedRequestsTest.checkError(refused, 403);
      assertTrue(refused.body().contains("\"code\":\"artifact_refused\""), refused.body());
      assertTrue(refused.body().contains("key_revoked"), refused.body());
      assertEquals(200, chat(http, "a").status());
      Files.writeString(folder.resolve("a.kolm"), "DIGEST_MISMATCH");
      RawClient.Answer damaged = chat(http, "a");
      RefusedRequestsTest.checkError(damaged, 503);
      assertEquals("false", damaged.header("x-should-retry"));
      assertTrue(damaged.body().contains("model_unavailable"), damaged.body());
    }
  }

  @Test
  void anAnswerOfAModelThatIsDamagedMeanwhileIsWithheld() throws Exception {
    ServerConfig config = ServerConfig.DEFAULT.withAddress("127.0.0.1", 0);
    server.slowDown(Duration.ofMillis(20));
    try (KolmServer http = new KolmServer(config, library);
        RawClient plain = new RawClient(startedPort(http));
        RawClient stream = new RawClient(http.port())) {
      plain.send(RawClient.chat(body("a", ",\"max_tokens\":40")));
      stream.send(RawClient.chat(body("a", ",\"max_tokens\":40,\"stream\":true")));
      assertEquals(200, stream.readHead().status());
      Files.writeString(folder.resolve("a.kolm"), "DIGEST_MISMATCH");
      RefusedRequestsTest.checkError(plain.read(), 503);
      StringBuilder events = new StringBuilder();
      for (byte[] chunk = stream.readChunk(); chunk.length > 0; chunk = stream.readChunk()) {
        events.append(new String(chunk, java.nio.charset.StandardCharsets.UTF_8));
      }
      assertFalse(events.toString().contains("[DONE]"), events.toString());
      assertTrue(events.toString().contains("model_unavailable"), events.toString());
    }
  }

  private static int startedPort(KolmServer http) throws IOException {
    http.start();
    return http.port();
  }

  private static String body(String model, String more) {
    return TestServer.hello(more).replace("fake.kolm", model);
  }

  private static RawClient.Answer chat(KolmServer http, String model) throws IOException {
    return RawClient.exchange(http.port(), RawClient.chat(body(model, ",\"max_tokens\":2")));
  }
}
