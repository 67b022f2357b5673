package ai.kolm.server;

import static ai.kolm.server.TestServer.at;
import static ai.kolm.server.TestServer.integer;
import static ai.kolm.server.TestServer.string;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.json.Json;
import ai.kolm.json.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Answers end where a stop string begins, and nothing of it is sent. */
@Timeout(60)
final class StopStringsTest {
  private static TestServer server;

  @BeforeAll
  static void start() throws IOException {
    server = new TestServer();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void stopStringsEndAnAnswerAndDoNotLeak() throws IOException {
    String more = ",\"max_tokens\":400,\"ignore_eos\":true,\"seed\":4";
    String free = string(server.complete(more), "choices", 0, "message", "content");
    String stop = free.substring(100, 103);
    String escaped = quoted(stop);
    for (String form : List.of(escaped, "[\"never seen\"," + escaped + "]")) {
      JsonObject body = server.complete(more + ",\"stop\":" + form);
      assertEquals(
          free.substring(0, free.indexOf(stop)), string(body, "choices", 0, "message", "content"));
      assertEquals("stop", string(body, "choices", 0, "finish_reason"));
      StringBuilder streamed = new StringBuilder();
      for (JsonObject chunk : server.stream(more + ",\"stop\":" + form)) {
        if (((Json.Obj) at(chunk, "choices", 0, "delta")).members().get("content")
            instanceof Json.Str text) {
          streamed.append(text.value());
        }
      }
      assertEquals(string(body, "choices", 0, "message", "content"), streamed.toString());
    }
  }

  /** Each of several choices ends where it comes to say the stop string, or goes on to the end. */
  @Test
  void stopStringsEndOneChoiceNotTheOthers() throws IOException {
    String more = ",\"max_tokens\":60,\"ignore_eos\":true,\"seed\":4,\"n\":5";
    JsonObject free = server.complete(more);
    String third = string(free, "choices", 2, "message", "content");
    int at = 20;
    while (!third.substring(at, at + 2).matches("[ -~]{2}")) {
      at++;
    }
    String stop = third.substring(at, at + 2);
    String stopping = more + ",\"stop\":" + quoted(stop);
    JsonObject body = server.complete(stopping);
    List<StringBuilder> streamed = new ArrayList<>();
    List<String> reasons = new ArrayList<>(Collections.nCopies(5, "none"));
    Stream.generate(StringBuilder::new).limit(5).forEach(streamed::add);
    for (JsonObject chunk : server.stream(stopping)) {
      int index = (int) integer(chunk, "choices", 0, "index");
      Json.Obj delta = (Json.Obj) at(chunk, "choices", 0, "delta");
      if (delta.members().get("content") instanceof Json.Str text) {
        streamed.get(index).append(text.value());
      }
      if (at(chunk, "choices", 0, "finish_reason") instanceof Json.Str reason) {
        assertEquals("none", reasons.set(index, reason.value()), "ends once");
      }
    }
    int stopped = 0;
    for (int i = 0; i < 5; i++) {
      String text = string(free, "choices", i, "message", "content");
      int end = text.indexOf(stop);
      String expected = end < 0 ? text : text.substring(0, end);
      assertEquals(expected, string(body, "choices", i, "message", "content"));
      assertEquals(expected, streamed.get(i).toString());
      String reason = end < 0 ? "length" : "stop";
      assertEquals(reason, string(body, "choices", i, "finish_reason"));
      assertEquals(reason, reasons.get(i));
      stopped += end < 0 ? 0 : 1;
    }
    assertTrue(stopped > 0 && stopped < 5, stopped + " of 5 choices stopped");
  }

  private static String quoted(String text) {
    StringBuilder json = new StringBuilder("\"");
    text.chars().forEach(c -> json.append("\\u%04x".formatted(c)));
    return json.append('"').toString();
  }
}
