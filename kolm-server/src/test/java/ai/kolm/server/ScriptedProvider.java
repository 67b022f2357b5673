package ai.kolm.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;

/** A provider on a real port that sees the bytes of every request, and answers with given bytes. */
public final class ScriptedProvider implements AutoCloseable {
  private final ServerSocket socket = new ServerSocket(0, 256, InetAddress.getLoopbackAddress());
  private final Script script;
  private final List<Seen> seen = Collections.synchronizedList(new ArrayList<>());
  private final AtomicInteger broken = new AtomicInteger();

  /**
   * A request as it came.
   *
   * @param head request line and headers
   * @param body its bytes, without framing
   */
  public record Seen(String head, byte[] body) {
    String line() {
      return head.substring(0, head.indexOf('\r'));
    }

    String header(String name) {
      return head.lines()
          .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(name + ":"))
          .map(line -> line.substring(name.length() + 1).strip())
          .findFirst()
          .orElse("");
    }
  }

  /** Answers a request by writing bytes to the connection; closing it ends the connection. */
  public interface Script {
    /** Writes the answer to {@code request}. */
    void answer(Seen request, OutputStream out, Socket connection) throws Exception;
  }

  /** Answers every request by {@code script}. */
  public ScriptedProvider(Script script) throws IOException {
    this.script = script;
    Thread.ofVirtual().start(this::accept);
  }

  /** Where it listens. */
  public int port() {
    return socket.getLocalPort();
  }

  List<Seen> seen() {
    return List.copyOf(seen);
  }

  /** Connections that the other side closed while they were written to. */
  int broken() {
    return broken.get();
  }

  private void accept() {
    while (!socket.isClosed()) {
      try {
        Socket connection = socket.accept();
        Thread.ofVirtual().start(() -> serve(connection));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void serve(Socket connection) {
    try (connection) {
      connection.setTcpNoDelay(true);
      InputStream in = new BufferedInputStream(connection.getInputStream());
      while (true) {
        String head = head(in);
        if (head.isEmpty()) {
          return;
        }
        Seen request = new Seen(head, body(head, in));
        seen.add(request);
        script.answer(request, connection.getOutputStream(), connection);
        connection.getOutputStream().flush();
        if (connection.isClosed()) {
          return;
        }
      }
    } catch (Exception e) {
      broken.incrementAndGet();
    }
  }

  private static String head(InputStream in) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    int end = 0;
    while (end < 4) {
      int b = in.read();
      if (b < 0) {
        return "";
      }
      head.write(b);
      end = b == "\r\n\r\n".charAt(end) ? end + 1 : b == '\r' ? 1 : 0;
    }
    return head.toString(ISO_8859_1);
  }

  private static byte[] body(String head, InputStream in) throws IOException {
    String lower = head.toLowerCase(Locale.ROOT);
    if (lower.contains("transfer-encoding: chunked")) {
      ByteArrayOutputStream body = new ByteArrayOutputStream();
      while (true) {
        int size = Integer.parseInt(line(in), 16);
        body.write(in.readNBytes(size));
        line(in);
        if (size == 0) {
          return body.toByteArray();
        }
      }
    }
    int at = lower.indexOf("content-length: ");
    return at < 0
        ? new byte[0]
        : in.readNBytes(Integer.parseInt(head.substring(at + 16, head.indexOf('\r', at))));
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      line.append((char) b);
    }
    return line.toString().strip();
  }

  /** A whole answer with a length. */
  public static byte[] answer(int status, String headers, byte[] body) {
    byte[] head =
        "HTTP/1.1 %d X\r\n%sContent-Length: %d\r\n\r\n"
            .formatted(status, headers, body.length)
            .getBytes(ISO_8859_1);
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(head);
    all.writeBytes(body);
    return all.toByteArray();
  }

  /** The head of an answer in chunks. */
  static byte[] chunkedHead(int status, String headers) {
    return "HTTP/1.1 %d X\r\n%sTransfer-Encoding: chunked\r\n\r\n"
        .formatted(status, headers)
        .getBytes(ISO_8859_1);
  }

  /** A chunk. */
  static byte[] chunk(byte[] bytes) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes((Integer.toHexString(bytes.length) + "\r\n").getBytes(ISO_8859_1));
    all.writeBytes(bytes);
    all.writeBytes("\r\n".getBytes(UTF_8));
    return all.toByteArray();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
