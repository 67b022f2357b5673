package ai.kolm.server;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** A client that sends the bytes it is told to, and reads HTTP/1.1 answers without any mercy. */
final class RawClient implements AutoCloseable {
  private static final int TIMEOUT_MS = 30_000;

  private final Socket socket;
  private final InputStream in;
  private boolean chunkBegun;
  private int continues;

  /**
   * An answer.
   *
   * @param status of HTTP
   * @param headers by lower-case name
   * @param body without its framing
   */
  record Answer(int status, Map<String, String> headers, String body) {
    String header(String name) {
      return headers.getOrDefault(name, "");
    }
  }

  RawClient(int port) throws IOException {
    this(port, 0);
  }

  /**
   * @param receiveBuffer bytes that its system keeps for it; 0: what is usual
   */
  RawClient(int port, int receiveBuffer) throws IOException {
    socket = new Socket();
    if (receiveBuffer > 0) {
      socket.setReceiveBufferSize(receiveBuffer); // before it is connected, or it is too late
    }
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    socket.setSoTimeout(TIMEOUT_MS);
    socket.setTcpNoDelay(true);
    in = new BufferedInputStream(socket.getInputStream());
  }

  /** Sends one request, and reads its answer, on a connection of its own. */
  static Answer exchange(int port, String request) throws IOException {
    try (RawClient client = new RawClient(port)) {
      client.send(request);
      return client.read();
    }
  }

  static String get(String path) {
    return "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n".formatted(path);
  }

  static String chat(String body) {
    return post("/v1/chat/completions", body);
  }

  static String post(String path, String body) {
    int length = body.getBytes(StandardCharsets.UTF_8).length;
    return "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
        .formatted(path, length, body);
  }

  void send(String text) throws IOException {
    send(text.getBytes(StandardCharsets.UTF_8));
  }

  /** A server may close before it has read all: that is no failure of the client. */
  void send(byte[] bytes) throws IOException {
    try {
      socket.getOutputStream().write(bytes);
    } catch (IOException e) {
      if (socket.isClosed()) {
        throw e;
      }
    }
  }

  /** Says that no more will be sent. */
  void halfClose() throws IOException {
    socket.shutdownOutput();
  }

  /** The next answer, with its whole body. */
  Answer read() throws IOException {
    Answer head = readHead();
    String body = new String(readBody(head), StandardCharsets.UTF_8);
    return new Answer(head.status(), head.headers(), body);
  }

  /** The body that follows a head, without its framing. */
  byte[] readBody(Answer head) throws IOException {
    if (head.header("transfer-encoding").equals("chunked")) {
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      for (byte[] chunk = readChunk(); chunk.length > 0; chunk = readChunk()) {
        all.writeBytes(chunk);
      }
      return all.toByteArray();
    }
    return head.status() == 204
        ? new byte[0]
        : in.readNBytes(Integer.parseInt(head.header("content-length")));
  }

  /** The next answer up to its body; interim answers are counted and skipped. */
  Answer readHead() throws IOException {
    String line = readLine();
    while (line.equals("HTTP/1.1 100 Continue")) {
      continues++;
      readLine();
      line = readLine();
    }
    if (!line.startsWith("HTTP/1.1 ")) {
      throw new IOException("not a status line: " + line);
    }
    Map<String, String> headers = new HashMap<>();
    for (String header = readLine(); !header.isEmpty(); header = readLine()) {
      int colon = header.indexOf(": ");
      headers.put(header.substring(0, colon).toLowerCase(Locale.ROOT), header.substring(colon + 2));
    }
    return new Answer(Integer.parseInt(line.substring(9, 12)), headers, "");
  }

  /** How often the server asked to go on waiting. */
  int continues() {
    return continues;
  }

  /**
   * The next chunk of a body as soon as its data is there; empty at its end. The line that ends a
   * chunk is read with the next one: servers may send it then.
   */
  byte[] readChunk() throws IOException {
    if (chunkBegun && !readLine().isEmpty()) {
      throw new EOFException("the body is cut off");
    }
    int length = Integer.parseInt(readLine(), 16);
    byte[] chunk = in.readNBytes(length);
    chunkBegun = length > 0;
    if (chunk.length < length || (length == 0 && !readLine().isEmpty())) {
      throw new EOFException("the body is cut off");
    }
    return chunk;
  }

  private String readLine() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new EOFException("closed after: " + line.toString(StandardCharsets.UTF_8));
      }
      line.write(b);
    }
    String text = line.toString(StandardCharsets.UTF_8);
    if (!text.endsWith("\r")) {
      throw new IOException("a line without CR: " + text);
    }
    return text.substring(0, text.length() - 1);
  }

  /** The next byte, as it comes from the network; -1 at the end. */
  int readByte() throws IOException {
    return in.read();
  }

  /** All that still comes until the server closes the connection, or cuts it off. */
  String readToTheEnd() throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    try {
      in.transferTo(all);
    } catch (SocketException e) {
      // A reset: what was on its way is lost.
    }
    return all.toString(StandardCharsets.UTF_8);
  }

  /** Whether the server closes the connection, without another byte, within a while. */
  boolean isClosed(int withinMs) throws IOException {
    socket.setSoTimeout(withinMs);
    try {
      return in.read() < 0;
    } catch (java.net.SocketTimeoutException e) {
      return false;
    } catch (IOException e) {
      return true; // a reset
    }
  }

  /** Whether there is something to read, after a while. */
  boolean hasAnswer() throws IOException {
    TestServer.sleep(Duration.ofMillis(300));
    return in.available() > 0;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
