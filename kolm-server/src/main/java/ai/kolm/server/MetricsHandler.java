package ai.kolm.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;

/** {@code GET /metrics}: numbers for Prometheus. */
final class MetricsHandler {
  private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";

  private final ModelDirectory directory;
  private final ServerMetrics metrics;

  MetricsHandler(ModelDirectory directory, ServerMetrics metrics) {
    this.directory = directory;
    this.metrics = metrics;
  }

  void scrape(Exchange exchange, String rest) throws Exception {
    List<ServedModel> models =
        directory.isReady() ? directory.models(exchange).loaded() : List.of();
    exchange.answer(200, TEXT, metrics.scrape(models).getBytes(UTF_8));
  }
}
