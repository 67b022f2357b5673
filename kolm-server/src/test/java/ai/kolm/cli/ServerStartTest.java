package ai.kolm.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.kolm.cli.console.CommandException;
import ai.kolm.receipt.ReceiptIssuer;
import ai.kolm.server.ServedModels;
import ai.kolm.server.ServerConfig;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ServerStartTest {
  /** Far more than the test takes. */
  private static final Duration WAIT = Duration.ofMinutes(5);

  /**
   * Where loading fails, nobody shall wait for what does not come, the end of the process least.
   */
  @Test
  void requestsThatWaitForModelsAreToldThatNoneCome() throws Exception {
    ServerConfig config = ServerConfig.DEFAULT.withAddress("127.0.0.1", 0).withModelWait(WAIT);
    try (HttpClient client = HttpClient.newHttpClient()) {
      CompletableFuture<HttpResponse<String>> waiting;
      try (ServerStart start =
          ServerStart.begin(config, Optional.empty(), _ -> ReceiptIssuer.inMemory())) {
        URI models = URI.create("http://127.0.0.1:%d/v1/models".formatted(start.port()));
        waiting = client.sendAsync(HttpRequest.newBuilder(models).build(), BodyHandlers.ofString());
        assertEquals(200, client.send(health(models), BodyHandlers.ofString()).statusCode());
        Thread.sleep(200);
        assertFalse(waiting.isDone());
        start.loading().close();
        assertEquals(503, waiting.get(60, TimeUnit.SECONDS).statusCode());
        assertThrows(CommandException.class, () -> start.ready(ServedModels.of()));
      }
    }
  }

  private static HttpRequest health(URI models) {
    return HttpRequest.newBuilder(models.resolve("/healthz")).build();
  }
}
