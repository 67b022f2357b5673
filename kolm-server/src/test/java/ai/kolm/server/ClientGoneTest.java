package ai.kolm.server;

import static ai.kolm.server.TestServer.await;
import static ai.kolm.server.TestServer.events;
import static ai.kolm.server.TestServer.hello;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.engine.EngineLimits;
import ai.kolm.server.RawClient.Answer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Clients that leave, fall silent or do not read: what is generated for them, and what they get.
 */
@Timeout(120)
final class ClientGoneTest {
  private static final Duration STEP = Duration.ofMillis(250);
  private static final String ENDLESS = ",\"ignore_eos\":true,\"max_tokens\":4000";

  private static ServerConfig config(Duration stall, Duration silence) {
    ServerLimits limits = ServerLimits.DEFAULT;
    return ServerConfig.DEFAULT.withLimits(
        limits.withTimes(limits.headTime(), limits.bodyTime(), stall, silence, Duration.ZERO));
  }

  private static TestServer server() throws IOException {
    return new TestServer(config(Duration.ofSeconds(30), Duration.ofSeconds(10)));
  }

  /** Leaves in the middle of an answer, and counts the tokens generated for nobody. */
  private static long tokensAfterLeaving(TestServer server, String more, long leaveAfterTokens)
      throws Exception {
    long cancelled = server.metrics().cancelled();
    long before = server.metrics().generatedTokens();
    RawClient client = new RawClient(server.port());
    client.send(RawClient.chat(hello(ENDLESS + more)));
    await(
        "the answer runs",
        () ->
            server.metrics().runningSequences() > 0
                && server.metrics().generatedTokens() - before >= leaveAfterTokens);
    long generated = server.metrics().generatedTokens();
    client.close();
    await("the answer ends", () -> server.metrics().cancelled() == cancelled + 1);
    assertEquals(0, server.metrics().usedBlocks());
    return server.metrics().generatedTokens() - generated;
  }

  @Test
  void nothingIsGeneratedForAClientThatHasLeft() throws Exception {
    try (TestServer server = server()) {
      server.slowDown(STEP);
      for (String form : List.of("", ",\"stream\":true")) {
        for (int tokens : List.of(0, 1, 5)) {
          long wasted = tokensAfterLeaving(server, form, tokens);
          // That of the step that was running.
          assertTrue(wasted <= 1, "%d tokens after leaving a%s".formatted(wasted, form));
        }
      }
      assertEquals(200, server.chat(hello(",\"max_tokens\":1")).status());
    }
  }

  @Test
  void aClientThatLeavesTheQueueIsForgotten() throws Exception {
    try (TestServer server =
        new TestServer(ServerConfig.DEFAULT, new EngineLimits(64, 1, 16, 64), -1)) {
      server.slowDown(STEP);
      RawClient first = new RawClient(server.port());
      first.send(RawClient.chat(hello(ENDLESS)));
      await("the first runs", () -> server.metrics().runningSequences() == 1);
      List<RawClient> others = new ArrayList<>();
      for (int i = 0; i < 9; i++) {
        RawClient other = new RawClient(server.port());
        other.send(RawClient.chat(hello(ENDLESS + (i % 2 == 0 ? ",\"stream\":true" : ""))));
        others.add(other);
      }
      await("nine wait", () -> server.metrics().queuedRequests() == 9);
      for (RawClient other : others) {
        other.close();
      }
      await("nobody waits", () -> server.metrics().queuedRequests() == 0);
      assertEquals(9, server.metrics().cancelled());
      first.close();
      await("nothing runs", () -> server.metrics().cancelled() == 10);
    }
  }

  @Test
  void aClientThatOnlyStopsSendingGetsItsAnswer() throws Exception {
    try (TestServer server = server()) {
      server.slowDown(Duration.ofMillis(20));
      for (String form : List.of("", ",\"stream\":true")) {
        try (RawClient client = new RawClient(server.port())) {
          client.send(RawClient.chat(hello(",\"ignore_eos\":true,\"max_tokens\":60" + form)));
          client.halfClose();
          Answer answer = client.read();
          assertEquals(200, answer.status());
          if (form.isEmpty()) {
            assertTrue(client.continues() >= 2, "was not probed");
          } else {
            assertEquals("[DONE]", events(answer.body()).getLast());
            assertTrue(answer.body().contains("\n: waiting\n"), "was not probed");
          }
        }
      }
      assertEquals(0, server.metrics().cancelled());
    }
  }

  @Test
  void aSilentStreamSaysThatItLives() throws Exception {
    try (TestServer server =
        new TestServer(config(Duration.ofSeconds(30), Duration.ofMillis(200)))) {
      server.slowDown(Duration.ofMillis(900));
      try (RawClient client = new RawClient(server.port())) {
        client.send(RawClient.chat(hello(",\"stream\":true,\"max_tokens\":2,\"ignore_eos\":true")));
        long start = System.nanoTime();
        assertEquals(200, client.readHead().status());
        String role = new String(client.readChunk(), StandardCharsets.UTF_8);
        assertTrue(role.contains("\"role\":\"assistant\""), role);
        long waited = Duration.ofNanos(System.nanoTime() - start).toMillis();
        assertTrue(waited < 800, "the prompt was read before the client heard anything: " + waited);
        for (int i = 0; i < 3; i++) {
          assertEquals(": waiting\n", new String(client.readChunk(), StandardCharsets.UTF_8));
        }
        String all = "";
        for (byte[] more = client.readChunk(); more.length > 0; more = client.readChunk()) {
          all += new String(more, StandardCharsets.UTF_8);
        }
        assertTrue(all.endsWith("data: [DONE]\n\n"), all);
      }
    }
  }

  /** The first text comes when the prompt has been read, the head at once. */
  @Test
  void theHeadOfAStreamDoesNotWaitForThePrompt() throws Exception {
    try (TestServer server =
        new TestServer(config(Duration.ofSeconds(30), Duration.ofMillis(200)))) {
      server.slowDown(Duration.ofSeconds(2));
      String text = "\"prompt\":\"Hello\"";
      String chat = "\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]";
      String response = "\"input\":\"Hello\"";
      List<String> requests =
          List.of(
              RawClient.post("/v1/completions", streamed(text)),
              RawClient.post("/v1/chat/completions", streamed(chat)),
              RawClient.post("/v1/responses", streamed(response)));
      for (String request : requests) {
        try (RawClient client = new RawClient(server.port())) {
          long computed = server.metrics().steps();
          client.send(request);
          assertEquals(200, client.readHead().status());
          assertEquals(computed, server.metrics().steps(), "the prompt was read first");
          String first = new String(client.readChunk(), StandardCharsets.UTF_8);
          assertEquals(request.contains("/v1/completions"), first.equals(": waiting\n"), first);
        }
        await("it ends", () -> server.metrics().runningSequences() == 0);
      }
    }
  }

  private static String streamed(String more) {
    return "{\"model\":\"fake\",\"stream\":true,%s}".formatted(more);
  }

  @Test
  void aClientThatTakesNothingIsCutOffAndOthersDoNotNotice() throws Exception {
    try (TestServer server =
        new TestServer(config(Duration.ofSeconds(1), Duration.ofSeconds(10)))) {
      // With log-probabilities, thousands of tokens are more than socket buffers hold.
      String big = ENDLESS + ",\"stream\":true,\"logprobs\":true,\"top_logprobs\":20,\"n\":2";
      try (RawClient stalled = new RawClient(server.port())) {
        stalled.send(RawClient.chat(hello(big)));
        await("the stalled stream runs", () -> server.metrics().generatedTokens() > 10);
        for (int i = 0; i < 5; i++) {
          assertEquals(200, server.chat(hello(",\"max_tokens\":20")).status());
        }
        await("the stalled stream is cut off", () -> server.metrics().cancelled() == 1);
      }
      assertEquals(200, server.chat(hello(",\"max_tokens\":1")).status());
    }
  }

  @Test
  void aLongAnswerIsNoStall() throws Exception {
    try (TestServer server =
        new TestServer(config(Duration.ofMillis(300), Duration.ofSeconds(10)))) {
      server.slowDown(Duration.ofSeconds(1));
      Answer answer = server.chat(hello(",\"max_tokens\":2,\"ignore_eos\":true"));
      assertEquals(200, answer.status(), answer.body());
      Answer stream = server.chat(hello(",\"max_tokens\":2,\"ignore_eos\":true,\"stream\":true"));
      assertEquals("[DONE]", events(stream.body()).getLast());
    }
  }
}
