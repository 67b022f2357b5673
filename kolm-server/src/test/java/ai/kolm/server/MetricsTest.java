package ai.kolm.server;

import static ai.kolm.server.TestServer.integer;
import static ai.kolm.server.TestServer.parse;
import static ai.kolm.server.TestServer.string;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.json.JsonObject;
import ai.kolm.server.RawClient.Answer;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class MetricsTest {

  private static double value(String metrics, String series) {
    List<String> found = metrics.lines().filter(line -> line.startsWith(series + " ")).toList();
    assertEquals(1, found.size(), () -> series + " in\n" + metrics);
    return Double.parseDouble(found.getFirst().substring(series.length() + 1));
  }

  private static String scrape(TestServer server) throws IOException {
    Answer answer = RawClient.exchange(server.port(), RawClient.get("/metrics"));
    assertEquals(200, answer.status());
    assertTrue(answer.header("content-type").startsWith("text/plain; version=0.0.4"));
    return answer.body();
  }

  @Test
  void whatTheServerDoesIsCounted() throws Exception {
    try (TestServer server = new TestServer()) {
      server.complete(",\"max_tokens\":5,\"ignore_eos\":true");
      server.complete(",\"max_tokens\":7,\"ignore_eos\":true");
      String schema =
          ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\","
              + "\"schema\":{\"type\":\"integer\"}}}";
      server.complete(schema);
      server.chat("{}");
      RawClient.exchange(server.port(), RawClient.get("/secret-path"));
      // A request is counted after its answer has been sent.
      TestServer.await(
          "the last request is counted",
          () -> {
            try {
              return scrape(server).contains("route=\"none\",status=\"404\"");
            } catch (IOException e) {
              throw new IllegalStateException(e);
            }
          });
      String metrics = scrape(server);
      String chat = "{route=\"/v1/chat/completions\",status=\"%d\"}";
      assertEquals(3, value(metrics, "kolm_request_seconds_count" + chat.formatted(200)));
      assertEquals(1, value(metrics, "kolm_request_seconds_count" + chat.formatted(400)));
      String model = "{model=\"fake.kolm\"}";
      assertEquals(3, value(metrics, "kolm_time_to_first_token_seconds_count" + model));
      assertTrue(value(metrics, "kolm_generation_speed_count" + model) >= 2);
      assertEquals(36, value(metrics, "kolm_tokens_total{kind=\"prompt\",model=\"fake.kolm\"}"));
      assertTrue(value(metrics, "kolm_tokens_total{kind=\"completion\",model=\"fake.kolm\"}") > 12);
      assertEquals(3, value(metrics, "kolm_engine_requests_completed_total" + model));
      assertEquals(2, value(metrics, "kolm_engine_prefix_hits_total" + model));
      assertEquals(0, value(metrics, "kolm_engine_queued" + model));
      assertEquals(4096, value(metrics, "kolm_engine_kv_blocks" + model));
      assertTrue(value(metrics, "kolm_engine_grammar_mask_seconds_total" + model) > 0);
      assertTrue(value(metrics, "kolm_engine_grammar_compile_seconds_total" + model) > 0);
      assertFalse(metrics.contains("secret-path"), metrics);
    }
  }

  @Test
  void whatIsServedIsTold() throws IOException {
    try (TestServer server = new TestServer()) {
      Answer answer = RawClient.exchange(server.port(), RawClient.get("/v1/kolm/info"));
      assertEquals(200, answer.status());
      JsonObject info = parse(answer.body());
      assertEquals("fake.kolm", string(info, "models", 0, "id"));
      assertEquals(TestServer.CID, string(info, "models", 0, "cid"));
      assertEquals(TestServer.CONTEXT, integer(info, "models", 0, "context_length"));
      assertEquals(4096, integer(info, "models", 0, "state", "kv_blocks"));
      assertEquals("kolm/0+000000000000", string(info, "runtime"));
    }
  }
}
