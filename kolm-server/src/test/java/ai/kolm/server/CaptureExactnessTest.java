package ai.kolm.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.kolm.receipt.ReceiptHash;
import ai.kolm.server.RawClient.Answer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Random;
import java.util.TreeMap;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever kind of exchange there is, provider and client see the same bytes with the relay as
 * without. {@code kolm.relay.exchanges} says how many are compared, default 60.
 */
class CaptureExactnessTest {
  private static final int KINDS = 8;

  @TempDir private Path root;

  private static byte[] gzip(byte[] plain) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(plain);
    }
    return bytes.toByteArray();
  }

  private static String words(Random random, int count) {
    StringBuilder words = new StringBuilder();
    for (int i = 0; i < count; i++) {
      words.append(i == 0 ? "" : " ").append((char) (0xE0 + random.nextInt(9))).append(i);
    }
    return words.toString();
  }

  private static byte[] request(int kind, Random random) throws IOException {
    String chat =
        "{\"model\":\"m\", \"stream\" : %s,\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{}}}],\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}"
            .formatted(kind < 3, words(random, 1 + random.nextInt(300)));
    return switch (kind) {
      case 5 -> multipart(random);
      case 6 -> gzip(chat.getBytes(UTF_8));
      default -> chat.getBytes(UTF_8);
    };
  }

  private static byte[] multipart(Random random) {
    byte[] sound = new byte[random.nextInt(40_000)];
    random.nextBytes(sound);
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.writeBytes(
        "--x7\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n"
            .getBytes(UTF_8));
    body.writeBytes(
        "--x7\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\n"
            .getBytes(UTF_8));
    body.writeBytes(sound);
    body.writeBytes("\r\n--x7--\r\n".getBytes(UTF_8));
    return body.toByteArray();
  }

  private static String sse(Random random, boolean tools) {
    StringBuilder events = new StringBuilder();
    for (int i = random.nextInt(12); i >= 0; i--) {
      String delta =
          tools
              ? "\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"%d\"}}]".formatted(i)
              : "\"content\":\"%s\"".formatted(words(random, 3));
      String end = random.nextBoolean() ? "\n\n" : "\r\n\r\n";
      events
          .append("data: {\"choices\":[{\"index\":0,\"delta\":{%s}}]}".formatted(delta))
          .append(end);
    }
    return events + "data: [DONE]\n\n";
  }

  /** Writes an answer of a kind, all decided by the seed. */
  private static void answer(int kind, Random random, String echo, OutputStream out)
      throws IOException {
    String type = kind < 3 ? "text/event-stream" : "application/json";
    String headers = "Content-Type: %s\r\nX-Body: %s\r\n".formatted(type, echo);
    switch (kind) {
      // Events one byte at a time, each in a chunk of its own, and as the network likes.
      case 0 -> chunks(out, headers, sse(random, false).getBytes(UTF_8), 1);
      case 1 -> chunks(out, headers, sse(random, true).getBytes(UTF_8), 700);
      case 2 -> {
        byte[] whole = ScriptedProvider.answer(200, headers, sse(random, false).getBytes(UTF_8));
        for (byte one : whole) {
          out.write(one);
          out.flush();
        }
      }
      case 3 ->
          out.write(
              ScriptedProvider.answer(
                  200,
                  headers + "Content-Encoding: gzip\r\n",
                  gzip(words(random, 4_000).getBytes(UTF_8))));
      case 4 ->
          out.write(
              ScriptedProvider.answer(
                  400 + random.nextInt(30),
                  headers + "Retry-After: 1\r\n",
                  "{\"error\":{\"message\":\"no\"}}".getBytes(UTF_8)));
      case 7 ->
          out.write(
              ScriptedProvider.answer(500 + random.nextInt(4), headers, "<html>".getBytes(UTF_8)));
      default ->
          out.write(ScriptedProvider.answer(200, headers, words(random, 900).getBytes(UTF_8)));
    }
  }

  private static void chunks(OutputStream out, String headers, byte[] body, int size)
      throws IOException {
    out.write(ScriptedProvider.chunkedHead(200, headers));
    for (int i = 0; i < body.length; i += size) {
      out.write(
          ScriptedProvider.chunk(
              java.util.Arrays.copyOfRange(body, i, Math.min(body.length, i + size))));
      out.flush();
    }
    out.write(ScriptedProvider.chunk(new byte[0]));
  }

  private static Answer exchange(RawClient client, String path, int kind, int seed)
      throws IOException {
    byte[] body = request(kind, new Random(seed));
    String type = kind == 5 ? "multipart/form-data; boundary=x7" : "application/json";
    String head =
        "POST %s HTTP/1.1\r\nHost: localhost\r\nseed: %d\r\nContent-Type: %s\r\n%sContent-Length: %d\r\n\r\n"
            .formatted(
                path, seed, type, kind == 6 ? "Content-Encoding: gzip\r\n" : "", body.length);
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(head.getBytes(ISO_8859_1));
    all.writeBytes(body);
    client.send(all.toByteArray());
    Answer answer = client.readHead();
    assertEquals(ReceiptHash.plain(body), answer.header("x-body"), "what the provider got");
    String bytes = new String(client.readBody(answer), ISO_8859_1);
    return new Answer(answer.status(), answer.headers(), bytes);
  }

  @Test
  void everyKindIsTheSameAsWithoutRelay() throws Exception {
    ScriptedProvider.Script script =
        (request, out, _) -> {
          int seed = Integer.parseInt(request.header("seed"));
          answer(seed % KINDS, new Random(seed), ReceiptHash.plain(request.body()), out);
        };
    int exchanges = Integer.getInteger("kolm.relay.exchanges", 60);
    String path = "/chat/completions?api-version=1";
    try (CaptureRig rig = new CaptureRig(root, script);
        RawClient relayed = new RawClient(rig.port());
        RawClient direct = new RawClient(rig.provider.port())) {
      for (int seed = 0; seed < exchanges; seed++) {
        int kind = seed % KINDS;
        Answer through = exchange(relayed, "/v1/capture" + path, kind, seed);
        Answer without = exchange(direct, "/base" + path, kind, seed);
        assertEquals(without.status(), through.status(), "kind " + kind);
        assertEquals(without.body(), through.body(), "kind " + kind);
        TreeMap<String, String> headers = new TreeMap<>(through.headers());
        headers.keySet().removeIf(name -> name.startsWith("x-kolm") || name.equals("date"));
        assertEquals(new TreeMap<>(without.headers()), headers, "kind " + kind);
        byte[] sent = rig.provider.seen().get(2 * seed).body();
        assertArrayEquals(rig.provider.seen().get(2 * seed + 1).body(), sent);
      }
      assertEquals(0, rig.recorder.lost());
    }
  }
}
