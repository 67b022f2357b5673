package ai.kolm.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.capture.CaptureRecord;
import ai.kolm.server.RawClient.Answer;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A provider that is broken in more ways than {@link CaptureRelayTest} has: whatever it does, the
 * client is answered or cut off in time, and what broke off is never complete.
 */
class UpstreamFaultsTest {
  private static final String CHAT =
      "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}";
  private static final String SSE = "Content-Type: text/event-stream\r\n";
  private static final byte[] EVENT =
      "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\n".getBytes(UTF_8);
  private static final int LINE = Integer.getInteger("kolm.relay.mebibytes", 9) << 20;

  @TempDir private Path root;

  private static void script(
      ScriptedProvider.Seen request, OutputStream out, java.net.Socket connection)
      throws Exception {
    String kind = request.line().replaceAll(".*base/([a-z]*).*", "$1");
    switch (kind) {
      case "broken" ->
          out.write(ScriptedProvider.answer(500, "Retry-After: 2\r\n", "{}".getBytes(UTF_8)));
      case "half" -> {
        out.write(ScriptedProvider.chunkedHead(200, SSE));
        out.write(ScriptedProvider.chunk(EVENT));
        out.flush();
        connection.shutdownOutput();
        Thread.sleep(500);
      }
      case "reset" -> {
        out.write(ScriptedProvider.chunkedHead(200, SSE));
        out.write(ScriptedProvider.chunk(EVENT));
        out.flush();
        connection.setSoLinger(true, 0);
        connection.close();
      }
      case "slow" -> {
        for (byte one : ScriptedProvider.answer(200, "", "{\"is\":\"slow\"}".getBytes(UTF_8))) {
          out.write(one);
          out.flush();
          Thread.sleep(15);
        }
      }
      case "silent" -> {
        out.write(ScriptedProvider.chunkedHead(200, SSE));
        out.write(ScriptedProvider.chunk(EVENT));
        out.flush();
        Thread.sleep(4_000);
      }
      case "line" -> line(out);
      case "longer" -> {
        out.write("HTTP/1.1 200 X\r\nContent-Length: 2\r\n\r\n{}and more".getBytes(UTF_8));
        out.flush();
        connection.close();
      }
      case "chunk" -> {
        out.write(ScriptedProvider.chunkedHead(200, SSE));
        out.write("zz\r\nno size\r\n".getBytes(UTF_8));
        out.flush();
        connection.close();
      }
      default -> throw new IOException(kind);
    }
  }

  /** One event that does not end. */
  private static void line(OutputStream out) throws IOException {
    out.write(ScriptedProvider.chunkedHead(200, SSE));
    byte[] part = "data: ".repeat(10_000).getBytes(UTF_8);
    for (int sent = 0; sent < LINE; sent += part.length) {
      out.write(ScriptedProvider.chunk(part));
    }
    out.write(ScriptedProvider.chunk(new byte[0]));
  }

  private static String post(String path) {
    return CaptureRig.post(path + "/chat/completions", "", CHAT);
  }

  /** The bytes of the body, up to where it ends or breaks. */
  private static long read(RawClient client) throws IOException {
    long bytes = 0;
    for (byte[] chunk = client.readChunk(); chunk.length > 0; chunk = client.readChunk()) {
      bytes += chunk.length;
    }
    return bytes;
  }

  @Test
  void whateverAProviderDoesTheClientIsAnsweredInTime() throws Exception {
    List<String> unreachable =
        List.of(
            "tls=https://127.0.0.1:%d",
            "noname=https://provider.invalid",
            "closed=https://127.0.0.1:1",
            // No answer to a connection, where there is a network at all.
            "hole=https://192.0.2.1");
    try (ScriptedProvider plain = new ScriptedProvider((_, _, connection) -> connection.close());
        CaptureRig rig =
            new CaptureRig(
                root,
                UpstreamFaultsTest::script,
                UnaryOperator.identity(),
                unreachable.stream().map(base -> base.formatted(plain.port())).toList())) {
      Answer broken = RawClient.exchange(rig.port(), post("/broken"));
      assertEquals(500, broken.status());
      assertEquals("2", broken.header("retry-after"));
      assertEquals("{\"is\":\"slow\"}", RawClient.exchange(rig.port(), post("/slow")).body());
      assertEquals("{}", RawClient.exchange(rig.port(), post("/longer")).body());
      for (String kind : List.of("half", "reset", "silent", "chunk")) {
        long start = System.nanoTime();
        try (RawClient client = new RawClient(rig.port())) {
          client.send(post("/" + kind));
          int status = client.readHead().status();
          // What breaks at once may break before the head has been passed on.
          if (status == 200) {
            assertThrows(IOException.class, () -> read(client), kind);
          } else {
            assertEquals(502, status, kind);
          }
        }
        assertInTime(kind, start);
      }
      try (RawClient client = new RawClient(rig.port())) {
        client.send(post("/line"));
        assertEquals(200, client.readHead().status());
        assertTrue(read(client) >= LINE);
      }
      for (String other : List.of("tls", "noname", "closed", "hole")) {
        long start = System.nanoTime();
        Answer answer = RawClient.exchange(rig.port(), post("/p/" + other));
        assertTrue(answer.status() == 502 || answer.status() == 504, other + answer.status());
        assertTrue(answer.body().contains("\"code\":\"upstream_"), answer.body());
        assertInTime(other, start);
      }
      List<String> states = rig.records(12).stream().map(CaptureRecord::state).toList();
      assertEquals(
          "[error, complete, complete, incomplete, incomplete, incomplete, incomplete, truncated,"
              + " incomplete, incomplete, incomplete, incomplete]",
          states.toString());
    }
  }

  /** The rig waits two seconds for a connection, and between pieces. */
  private static void assertInTime(String kind, long start) {
    double seconds = (System.nanoTime() - start) / 1e9;
    assertTrue(seconds < 8, "%s took %.1f s".formatted(kind, seconds));
  }
}
