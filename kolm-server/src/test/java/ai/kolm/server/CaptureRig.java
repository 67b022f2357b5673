package ai.kolm.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.anonymize.Anonymizer;
import ai.kolm.capture.CaptureConfig;
import ai.kolm.capture.CaptureException;
import ai.kolm.capture.CaptureHome;
import ai.kolm.capture.CaptureReader;
import ai.kolm.capture.CaptureRecord;
import ai.kolm.capture.CaptureRecorder;
import ai.kolm.capture.CaptureStore;
import ai.kolm.capture.CaptureTags;
import ai.kolm.receipt.ReceiptIssuer;
import ai.kolm.upstream.Provider;
import ai.kolm.upstream.UpstreamClient;
import ai.kolm.upstream.UpstreamTimeouts;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;

/** A server that captures, in front of a provider of the test. */
final class CaptureRig implements AutoCloseable {
  static final String NAMESPACE = "notes";

  final ScriptedProvider provider;
  final CaptureHome home;
  final CaptureStore store;
  final CaptureRecorder recorder;
  final UpstreamClient client;
  final KolmServer server;
  final ReceiptIssuer issuer = ReceiptIssuer.inMemory();

  CaptureRig(Path root, ScriptedProvider.Script script) throws IOException {
    this(root, script, UnaryOperator.identity());
  }

  CaptureRig(Path root, ScriptedProvider.Script script, UnaryOperator<CaptureConfig> change)
      throws IOException {
    this(root, script, change, List.of());
  }

  /** With providers besides the scripted one, such as {@code x=https://127.0.0.1:1}. */
  CaptureRig(
      Path root,
      ScriptedProvider.Script script,
      UnaryOperator<CaptureConfig> change,
      List<String> others)
      throws IOException {
    provider = new ScriptedProvider(script);
    home = new CaptureHome(root);
    store = new CaptureStore(home, CaptureStore.Options.DEFAULT);
    CaptureConfig config = CaptureConfig.of(new CaptureTags(NAMESPACE, NAMESPACE));
    recorder = new CaptureRecorder(change.apply(config), store, new Anonymizer());
    client =
        new UpstreamClient(
            new UpstreamTimeouts(
                Duration.ofSeconds(2), Duration.ofSeconds(2), Duration.ofSeconds(2)));
    List<Provider> targets = new ArrayList<>();
    targets.add(Provider.parse("mock=http://127.0.0.1:%d/base".formatted(provider.port())));
    others.forEach(other -> targets.add(Provider.parse(other)));
    server =
        new KolmServer(
            ServerConfig.DEFAULT.withAddress("127.0.0.1", 0),
            CompletableFuture.completedFuture(ServedModels.of(List.of())),
            CompletableFuture.completedFuture(issuer),
            Optional.of(new CaptureService(targets, client, recorder)));
    server.start();
  }

  int port() {
    return server.port();
  }

  /** A POST of JSON to the provider. */
  static String post(String path, String headers, String body) {
    return "POST /v1/capture%s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n%s"
        .formatted(path, headers, body.getBytes(UTF_8).length, body);
  }

  /** The records, once there are so many. */
  List<CaptureRecord> records(int count) throws Exception {
    TestServer.await(
        count + " records, there are " + recorder.stored(),
        () -> recorder.stored() + recorder.lost() >= count);
    return records();
  }

  List<CaptureRecord> records() throws IOException, CaptureException {
    List<CaptureRecord> records = new ArrayList<>();
    CaptureReader.open(home, NAMESPACE).scan(records::add);
    return records;
  }

  @Override
  public void close() throws IOException {
    server.close();
    recorder.close();
    client.close();
    store.close();
    provider.close();
  }
}
