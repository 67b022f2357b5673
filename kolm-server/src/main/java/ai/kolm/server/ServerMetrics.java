package ai.kolm.server;

import ai.kolm.capture.CaptureRecorder;
import ai.kolm.chat.Usage;
import ai.kolm.engine.Timings;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Numbers about what the server does, for Prometheus. Labels are routes, statuses and the models
 * that are served: nothing that a client makes up. The registry is made when the first request has
 * been answered, not while a server starts.
 *
 * <p>Safe for use by many threads.
 */
final class ServerMetrics {
  private static final Duration[] TIMES =
      List.of(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0).stream()
          .map(seconds -> Duration.ofMillis(Math.round(seconds * 1000)))
          .toArray(Duration[]::new);
  private static final double[] SPEEDS = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000};
  private static final double NANOS = 1e9;

  private final Map<String, EngineMeters> engines = new HashMap<>();
  private @Nullable PrometheusMeterRegistry registry;

  private synchronized PrometheusMeterRegistry registry() {
    if (registry == null) {
      registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    }
    return registry;
  }

  /**
   * Counts a request that is over.
   *
   * @param gone whether the client left before it had the answer
   */
  void answered(Exchange exchange, boolean gone) {
    MeterRegistry meters = registry();
    Timer.builder("kolm.request")
        .description("Time from the request to the end of its answer")
        .tag("route", exchange.route().isEmpty() ? "none" : exchange.route())
        .tag("status", gone ? "client_gone" : Integer.toString(exchange.status()))
        .serviceLevelObjectives(TIMES)
        .register(meters)
        .record(exchange.elapsed());
    String model = exchange.model();
    Usage usage = exchange.usage();
    Timings timings = exchange.timings();
    if (model != null && usage != null) {
      count(meters, model, usage);
      if (timings != null) {
        time(meters, model, usage, timings);
      }
    }
  }

  private static void time(MeterRegistry meters, String model, Usage usage, Timings timings) {
    Timer.builder("kolm.time.to.first.token")
        .description("Time from the request until its first token, waiting included")
        .tag("model", model)
        .serviceLevelObjectives(TIMES)
        .register(meters)
        .record(timings.queued().plus(timings.prefill()));
    if (usage.completionTokens() > 1 && !timings.decode().isZero()) {
      DistributionSummary.builder("kolm.generation.speed")
          .description("Tokens per second of an answer, from its first token on")
          .tag("model", model)
          .serviceLevelObjectives(SPEEDS)
          .register(meters)
          .record((usage.completionTokens() - 1) * NANOS / timings.decode().toNanos());
    }
  }

  private static void count(MeterRegistry meters, String model, Usage usage) {
    count(meters, model, "prompt", usage.promptTokens());
    count(meters, model, "cached", usage.cachedTokens());
    count(meters, model, "completion", usage.completionTokens());
    count(meters, model, "reasoning", usage.reasoningTokens());
  }

  private static void count(MeterRegistry meters, String model, String kind, int tokens) {
    Counter.builder("kolm.tokens")
        .description("Tokens of answered requests; cached ones are prompt tokens, too")
        .tag("model", model)
        .tag("kind", kind)
        .register(meters)
        .increment(tokens);
  }

  /** Counts what a capture keeps and loses, from now on. */
  synchronized void count(CaptureRecorder recorder) {
    MeterRegistry meters = registry();
    FunctionCounter.builder("kolm.capture.stored", recorder, CaptureRecorder::stored)
        .description("Exchanges whose records are acknowledged")
        .register(meters);
    FunctionCounter.builder("kolm.capture.lost", recorder, CaptureRecorder::lost)
        .description("Exchanges that were relayed and could not be recorded")
        .register(meters);
    FunctionCounter.builder("kolm.capture.opted.out", recorder, CaptureRecorder::optedOut)
        .description("Exchanges whose clients wanted nothing recorded")
        .register(meters);
  }

  /** All numbers in Prometheus' text format, those of the engines of {@code models} included. */
  String scrape(List<ServedModel> models) {
    bind(models);
    return registry().scrape();
  }

  /** A model that was loaded anew has another engine; of one that was unloaded none is kept. */
  private synchronized void bind(List<ServedModel> models) {
    MeterRegistry meters = registry();
    List<String> loaded = models.stream().map(ServedModel::id).toList();
    engines.entrySet().removeIf(engine -> unbound(engine, loaded, meters));
    for (ServedModel model : models) {
      EngineMeters bound = engines.get(model.id());
      if (bound == null || !bound.isOf(model.chat())) {
        if (bound != null) {
          bound.removeFrom(meters);
        }
        EngineMeters now = new EngineMeters(model.id(), model.chat());
        now.bindTo(meters);
        engines.put(model.id(), now);
      }
    }
  }

  private static boolean unbound(
      Map.Entry<String, EngineMeters> engine, List<String> loaded, MeterRegistry meters) {
    boolean gone = !loaded.contains(engine.getKey());
    if (gone) {
      engine.getValue().removeFrom(meters);
    }
    return gone;
  }
}
