package ai.kolm.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.engine.EngineLimits;
import ai.kolm.json.Json;
import ai.kolm.json.JsonObject;
import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Many clients at a time, each of which must get its own answer and nothing of another's: a grammar
 * makes every answer repeat the nonce of its request. Some clients leave in the middle; the slots,
 * blocks and connections that they leave go to others.
 */
final class MixingTest {
  private static final int CLIENTS = 32;
  private static final double LEAVING = 0.3;

  private static String request(String nonce, boolean stream) {
    return TestServer.hello(
            (",\"stream\":%b,\"max_tokens\":200,\"response_format\":{\"type\":\"json_schema\","
                    + "\"json_schema\":{\"name\":\"n\",\"schema\":{\"const\":\"%s\"}}}")
                .formatted(stream, nonce))
        .replace("Hello", "Repeat " + nonce);
  }

  private static String nonce(Random random) {
    StringBuilder nonce = new StringBuilder();
    random.ints(24, 'a', 'z' + 1).forEach(nonce::appendCodePoint);
    return nonce.toString();
  }

  /** What a stream said, all choices being one. */
  private static String text(String body) {
    StringBuilder text = new StringBuilder();
    for (String event : TestServer.events(body)) {
      if (!event.equals("[DONE]")) {
        JsonObject chunk = TestServer.parse(event);
        Json delta = TestServer.at(chunk, "choices", 0, "delta");
        if (((Json.Obj) delta).members().get("content") instanceof Json.Str piece) {
          text.append(piece.value());
        }
      }
    }
    return text.toString();
  }

  /** The grammar leaves spaces and escapes to the model. */
  private static void check(String nonce, String said) {
    assertEquals(
        nonce, TestServer.string(TestServer.parse("{\"said\":%s}".formatted(said)), "said"));
  }

  /** One request; {@code true} if its client stayed. */
  private static boolean ask(TestServer server, long seed) throws IOException {
    Random random = new Random(seed);
    String nonce = nonce(random);
    if (random.nextDouble() < LEAVING) {
      try (RawClient client = new RawClient(server.port())) {
        client.send(RawClient.chat(request(nonce, true)));
        TestServer.sleep(Duration.ofMillis(random.nextInt(20)));
      }
      return false;
    }
    boolean stream = random.nextBoolean();
    RawClient.Answer answer = server.chat(request(nonce, stream));
    assertEquals(200, answer.status(), answer.body());
    check(
        nonce,
        stream
            ? text(answer.body())
            : TestServer.string(
                TestServer.parse(answer.body()), "choices", 0, "message", "content"));
    return true;
  }

  private static void run(int requests) throws Exception {
    AtomicInteger stayed = new AtomicInteger();
    EngineLimits limits = new EngineLimits(64, CLIENTS, 4 * CLIENTS, 64);
    try (TestServer server = new TestServer(ServerConfig.DEFAULT, limits, -1);
        ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < requests; i++) {
        long seed = i;
        all.add(
            clients.submit(
                () -> {
                  if (ask(server, seed)) {
                    stayed.incrementAndGet();
                  }
                  return null;
                }));
      }
      for (Future<?> one : all) {
        one.get();
      }
      // Those whose clients left while they were paused go when that is noticed.
      TestServer.await(
          "all is given back",
          () ->
              server.metrics().runningSequences() == 0
                  && server.metrics().queuedRequests() == 0
                  && server.metrics().usedBlocks() == 0);
      assertEquals(0, server.metrics().failed());
    }
    assertTrue(stayed.get() > requests / 2, "only %d clients stayed".formatted(stayed.get()));
  }

  @Test
  @Timeout(120)
  void answersAreNotMixed() throws Exception {
    run(400);
  }

  @Test
  @Tag("nightly")
  @Timeout(3600)
  void tenThousandAnswersAreNotMixed() throws Exception {
    run(10_000);
  }

  @Test
  void aForeignByteIsFound() {
    assertThrows(AssertionError.class, () -> check("abc", "\"abd\""));
    assertThrows(AssertionError.class, () -> check("abc", "\"abc"));
  }

  /**
   * Streams for ten minutes, or {@code -Dkolm.load.seconds}: no failure, and neither threads nor
   * files nor memory that grow.
   */
  @Test
  @Tag("nightly")
  @Timeout(1200)
  void manyStreamsForLong() throws Exception {
    flat(Duration.ofSeconds(Integer.getInteger("kolm.load.seconds", 600)));
  }

  @Test
  @Timeout(120)
  void manyStreamsForAWhile() throws Exception {
    flat(Duration.ofSeconds(4));
  }

  private static void flat(Duration time) throws Exception {
    try (TestServer server = new TestServer();
        ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
      streams(server, clients, Duration.ofSeconds(1));
      long files = openFiles();
      int threads = ManagementFactory.getThreadMXBean().getThreadCount();
      long heap = heapAfterCollection();
      int answers = streams(server, clients, time);
      assertTrue(answers >= CLIENTS, "only %d answers".formatted(answers));
      TestServer.await("connections are closed", () -> openFiles() <= files + CLIENTS);
      assertTrue(
          ManagementFactory.getThreadMXBean().getThreadCount() <= threads + 8, "threads are left");
      long grown = heapAfterCollection() - heap;
      assertTrue(grown < 32L << 20, "the heap has grown by %,d bytes".formatted(grown));
      assertFalse(server.metrics().failed() > 0, "an answer failed");
    }
  }

  private static int streams(TestServer server, ExecutorService clients, Duration time)
      throws Exception {
    long end = System.nanoTime() + time.toNanos();
    AtomicInteger answers = new AtomicInteger();
    List<Future<?>> all = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      all.add(
          clients.submit(
              () -> {
                while (System.nanoTime() < end) {
                  server.stream(",\"max_tokens\":64,\"ignore_eos\":true");
                  answers.incrementAndGet();
                }
                return null;
              }));
    }
    for (Future<?> one : all) {
      one.get();
    }
    return answers.get();
  }

  private static long openFiles() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
        ? unix.getOpenFileDescriptorCount()
        : 0;
  }

  private static long heapAfterCollection() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
