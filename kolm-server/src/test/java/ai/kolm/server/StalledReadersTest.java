package ai.kolm.server;

import static ai.kolm.server.TestServer.events;
import static ai.kolm.server.TestServer.parse;
import static ai.kolm.server.TestServer.string;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.json.Json;
import ai.kolm.json.JsonObject;
import ai.kolm.server.RawClient.Answer;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Many clients that ask for streams and read nothing: each is cut off, and who reads beside them
 * gets all of its own answer, and nothing else.
 */
@Timeout(300)
final class StalledReadersTest {
  private static final int STALLED = 16;
  private static final int READERS = 8;
  private static final Duration STALL_TIME = Duration.ofSeconds(2);

  /** Small, so that it is the server's buffers that fill up. */
  private static final int RECEIVE_BUFFER = 4096;

  private static ServerConfig config() {
    ServerLimits limits = ServerLimits.DEFAULT;
    return ServerConfig.DEFAULT.withLimits(
        limits.withTimes(
            limits.headTime(), limits.bodyTime(), STALL_TIME, limits.silence(), Duration.ZERO));
  }

  private static String request(String text, String more) {
    return "{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}],\"temperature\":0,\"ignore_eos\":true%s}"
        .formatted(TestServer.MODEL, text, more);
  }

  /** What a reader asks; its answer depends on every token of the prompt. */
  private static String question(int reader, String more) {
    return request("reader " + reader, ",\"max_tokens\":120" + more);
  }

  private static List<RawClient> stall(TestServer server) throws IOException {
    List<RawClient> stalled = new ArrayList<>();
    for (int i = 0; i < STALLED; i++) {
      RawClient client = new RawClient(server.port(), RECEIVE_BUFFER);
      stalled.add(client);
      // With log-probabilities it is more than the buffers of a connection hold.
      String big = ",\"stream\":true,\"max_tokens\":4000,\"logprobs\":true,\"top_logprobs\":20";
      client.send(RawClient.chat(request("stalled " + i, big)));
    }
    for (RawClient client : stalled) {
      assertEquals(200, client.readHead().status()); // that is all it reads
    }
    return stalled;
  }

  private static String text(List<String> events) {
    StringBuilder text = new StringBuilder();
    for (String event : events.subList(0, events.size() - 1)) {
      JsonObject chunk = parse(event);
      if (((Json.Arr) TestServer.at(chunk, "choices")).items().isEmpty()) {
        continue;
      }
      Json.Obj delta = (Json.Obj) TestServer.at(chunk, "choices", 0, "delta");
      if (delta.members().get("content") instanceof Json.Str part) {
        text.append(part.value());
      }
    }
    return text.toString();
  }

  /** Streams the same answer again and again until all that stall are cut off; says how often. */
  private static int readOn(TestServer server, int reader, String expected) throws IOException {
    int answers = 0;
    do { // as long as it takes to fill the buffers of all; @Timeout is the limit
      Answer answer = server.chat(question(reader, ",\"stream\":true"));
      assertEquals(200, answer.status(), answer.body());
      List<String> events = events(answer.body());
      assertEquals("[DONE]", events.getLast());
      assertEquals(expected, text(events), "reader " + reader);
      answers++;
    } while (server.metrics().cancelled() < STALLED);
    return answers;
  }

  @Test
  void whoReadsNothingIsCutOffAndOthersGetTheirAnswers() throws Exception {
    try (TestServer server = new TestServer(config());
        ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      List<String> expected = new ArrayList<>();
      for (int i = 0; i < READERS; i++) {
        JsonObject alone = parse(server.chat(question(i, "")).body());
        expected.add(string(alone, "choices", 0, "message", "content"));
      }
      assertEquals(READERS, expected.stream().distinct().count());
      List<RawClient> stalled = stall(server);
      List<Future<Integer>> readers = new ArrayList<>();
      for (int i = 0; i < READERS; i++) {
        int reader = i;
        readers.add(executor.submit(() -> readOn(server, reader, expected.get(reader))));
      }
      for (Future<Integer> reader : readers) {
        assertTrue(reader.get() >= 1);
      }
      assertEquals(STALLED, server.metrics().cancelled(), "no other was touched");
      assertEquals(0, server.metrics().usedBlocks());
      for (RawClient client : stalled) {
        assertFalse(client.readToTheEnd().contains("[DONE]"));
        client.close();
      }
      assertEquals(200, server.chat(question(0, "")).status());
    }
  }
}
