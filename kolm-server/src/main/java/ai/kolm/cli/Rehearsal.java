package ai.kolm.cli;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.artifact.ArtifactException;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.List;

/**
 * Asks a server that has just started what clients ask, so that a run that ends after this one has
 * loaded the classes, and shown the JVM the methods, that a start and first answers need. The
 * launcher makes the JVM write them down (JEP 514): later starts find them ready.
 */
final class Rehearsal {
  private static final int TIMEOUT_MILLIS = 30_000;
  private static final String QUESTION =
      """
      {"model":"%s","max_tokens":16,"seed":1,"ignore_eos":true,"stream":%s,\
      "messages":[{"role":"user","content":"What is the capital of France?"}]}\
      """;

  /** So often that loops over weights and vocabularies show themselves as worth compiling. */
  private static final int LOADS = 40;

  /** Loads the models once more, beside those being served. */
  interface Reload {
    /** Opens, loads and closes them. */
    void run() throws IOException, ModelFormatException, ArtifactException;
  }

  private final int port;
  private final Reload reload;

  /**
   * @param port of a server on this machine
   * @param reload loads its models
   */
  Rehearsal(int port, Reload reload) {
    this.port = port;
    this.reload = reload;
  }

  /**
   * Asks and reads every answer to its end, then loads the models again and again.
   *
   * @param models what the server calls the models: the first one chats, the others may only
   *     continue a text
   * @throws IOException if it does not answer
   */
  void run(List<String> models) throws IOException, ModelFormatException, ArtifactException {
    ask("GET", "/v1/models", "");
    for (int i = 0; i < 3; i++) {
      ask("POST", "/v1/chat/completions", QUESTION.formatted(models.getFirst(), false));
      ask("POST", "/v1/chat/completions", QUESTION.formatted(models.getFirst(), true));
      for (String other : models.subList(1, models.size())) {
        ask("POST", "/v1/completions", text(other));
      }
    }
    for (int i = 0; i < LOADS; i++) {
      reload.run();
    }
  }

  private void ask(String method, String path, String body) throws IOException {
    byte[] content = body.getBytes(UTF_8);
    String head =
        "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n"
                .formatted(method, path, port)
            + "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                .formatted(content.length);
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(TIMEOUT_MILLIS);
      socket.getOutputStream().write(head.getBytes(US_ASCII));
      socket.getOutputStream().write(content);
      InputStream in = socket.getInputStream();
      String answer = new String(in.readAllBytes(), UTF_8);
      if (!answer.startsWith("HTTP/1.1 200")) {
        throw new IOException("%s %s: %s".formatted(method, path, answer.lines().findFirst()));
      }
    }
  }

  private static String text(String model) {
    return """
        {"model":"%s","max_tokens":16,"seed":1,"ignore_eos":true,"prompt":"The capital of France is"}\
        """
        .formatted(model);
  }
}
