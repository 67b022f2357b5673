package ai.kolm.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * What the relay adds: time to the first byte of an answer, and from an event's arrival to its way
 * on, with one stream and with 64. Provider, relay and clients share this process and its clock, so
 * the numbers have the load of all three in them. Its main method prints the table of
 * docs/capture.md; it needs a machine with nothing else to do.
 */
final class RelayReport {
  private static final int WARM = 30_000;
  private static final int SETTLE = 500;
  private static final int REQUESTS = 3_000;
  private static final int PACE_MILLIS = 4;
  private static final int EVENTS = 200;
  private static final long PAUSE_NANOS = 10_000_000;
  private static final int STREAMS = 64;
  private static final String BODY =
      "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}"
          .formatted("please summarise this note. ".repeat(40));

  /** When the provider saw that nobody listens any more. */
  private static final BlockingQueue<Long> LEFT = new LinkedBlockingQueue<>();

  private RelayReport() {}

  public static void main(String[] arguments) throws Exception {
    java.util.logging.Logger.getLogger("ai.kolm").setLevel(java.util.logging.Level.WARNING);
    Path root = Files.createTempDirectory("relay");
    try (CaptureRig rig = new CaptureRig(root, RelayReport::answer)) {
      firstByte(rig);
      events(rig, 1);
      events(rig, STREAMS);
      leaving(rig);
      System.out.printf(
          Locale.ROOT, "recorded %d, lost %d%n", rig.recorder.stored(), rig.recorder.lost());
    } finally {
      SmallDisk.delete(root);
    }
  }

  /** A short answer, or events that say when they were written. */
  private static void answer(
      ScriptedProvider.Seen request, OutputStream out, java.net.Socket connection)
      throws Exception {
    int events = Integer.parseInt(request.header("events"));
    if (events < 0) {
      out.write(ScriptedProvider.chunkedHead(200, "Content-Type: text/event-stream\r\n"));
      out.write(ScriptedProvider.chunk("data: {}\n\n".getBytes(UTF_8)));
      out.flush();
      if (connection.getInputStream().read() < 0) {
        LEFT.add(System.nanoTime());
        throw new IOException("the relay has closed");
      }
    }
    if (events == 0) {
      out.write(
          ScriptedProvider.answer(
              200, "Content-Type: application/json\r\n", "{\"choices\":[]}".getBytes(UTF_8)));
      return;
    }
    out.write(ScriptedProvider.chunkedHead(200, "Content-Type: text/event-stream\r\n"));
    long begin = System.nanoTime();
    for (int i = 0; i < events; i++) {
      long due = begin + i * PAUSE_NANOS;
      Thread.sleep(java.time.Duration.ofNanos(Math.max(0, due - System.nanoTime())));
      byte[] event = "data: %d\n\n".formatted(System.nanoTime()).getBytes(UTF_8);
      out.write(ScriptedProvider.chunk(event));
      out.flush();
    }
    out.write(ScriptedProvider.chunk(new byte[0]));
  }

  private static byte[] request(String path, int events) {
    return "POST %s/chat/completions HTTP/1.1\r\nHost: localhost\r\nevents: %d\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
        .formatted(path, events, BODY.length(), BODY)
        .getBytes(UTF_8);
  }

  private static void firstByte(CaptureRig rig) throws IOException, InterruptedException {
    try (RawClient direct = new RawClient(rig.provider.port());
        RawClient relayed = new RawClient(rig.port())) {
      byte[] toProvider = request("/base", 0);
      byte[] toRelay = request("/v1/capture", 0);
      double[] without = new double[REQUESTS];
      double[] with = new double[REQUESTS];
      for (int i = -WARM; i < REQUESTS; i++) {
        if (i >= -SETTLE) {
          Thread.sleep(PACE_MILLIS); // what was relayed before is recorded by now
        }
        double a = micros(direct, toProvider);
        double b = micros(relayed, toRelay);
        if (i >= 0) {
          without[i] = a;
          with[i] = b;
        }
      }
      table("first byte, direct", without);
      table("first byte, relayed", with);
      System.out.printf(
          Locale.ROOT,
          "added: p50 %.0f us, p99 %.0f us%n",
          quantile(with, 0.5) - quantile(without, 0.5),
          quantile(with, 0.99) - quantile(without, 0.99));
    }
  }

  private static double micros(RawClient client, byte[] request) throws IOException {
    long start = System.nanoTime();
    client.send(request);
    RawClient.Answer head = client.readHead();
    double micros = (System.nanoTime() - start) / 1e3;
    client.readBody(head);
    return micros;
  }

  private static void events(CaptureRig rig, int streams) throws Exception {
    for (int round = 0; round < 2; round++) { // the first one is for the compiler
      double[] without = delays(rig.provider.port(), "/base", streams);
      double[] with = delays(rig.port(), "/v1/capture", streams);
      if (round == 1) {
        table("event, direct, %d streams".formatted(streams), without);
        table("event, relayed, %d streams".formatted(streams), with);
        System.out.printf(
            Locale.ROOT,
            "added: p50 %.0f us, p99 %.0f us%n",
            quantile(with, 0.5) - quantile(without, 0.5),
            quantile(with, 0.99) - quantile(without, 0.99));
      }
    }
  }

  /** From a client's leaving to the end of the call of the provider. */
  private static void leaving(CaptureRig rig) throws Exception {
    double[] micros = new double[50];
    for (int i = 0; i < micros.length; i++) {
      long left;
      try (RawClient client = new RawClient(rig.port())) {
        client.send(request("/v1/capture", -1));
        client.readHead();
        client.readChunk();
        left = System.nanoTime();
      }
      micros[i] = (LEFT.take() - left) / 1e3;
    }
    table("client leaves, provider told", micros);
  }

  /** Microseconds from where an event is written to where it is read. */
  private static double[] delays(int port, String path, int streams) throws Exception {
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<double[]>> tasks = new ArrayList<>();
      for (int s = 0; s < streams; s++) {
        tasks.add(() -> delays(port, path));
      }
      List<double[]> all = new ArrayList<>();
      for (Future<double[]> one : clients.invokeAll(tasks)) {
        all.add(one.get());
      }
      return all.stream().flatMapToDouble(Arrays::stream).toArray();
    }
  }

  private static double[] delays(int port, String path) throws IOException {
    double[] delays = new double[EVENTS];
    try (RawClient client = new RawClient(port)) {
      client.send(request(path, EVENTS));
      client.readHead();
      String begun = "";
      int read = 0;
      // The network may cut an event in two, or give two at once.
      for (byte[] chunk = client.readChunk(); chunk.length > 0; chunk = client.readChunk()) {
        long now = System.nanoTime();
        begun += new String(chunk, UTF_8);
        for (int end = begun.indexOf("\n\n"); end >= 0; end = begun.indexOf("\n\n")) {
          delays[read++] = (now - Long.parseLong(begun.substring("data: ".length(), end))) / 1e3;
          begun = begun.substring(end + 2);
        }
      }
      return read == EVENTS ? delays : Arrays.copyOf(delays, read);
    }
  }

  private static double quantile(double[] values, double share) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[(int) Math.min(sorted.length - 1, Math.ceil(share * sorted.length))];
  }

  private static void table(String what, double[] micros) {
    System.out.printf(
        Locale.ROOT,
        "%-30s n %6d  p50 %7.0f us  p90 %7.0f us  p99 %7.0f us  max %7.0f us%n",
        what,
        micros.length,
        quantile(micros, 0.5),
        quantile(micros, 0.9),
        quantile(micros, 0.99),
        quantile(micros, 1));
  }
}
