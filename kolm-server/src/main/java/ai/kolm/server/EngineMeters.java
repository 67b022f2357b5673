package ai.kolm.server;

import ai.kolm.chat.ChatCompletions;
import ai.kolm.engine.EngineMetrics;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** What one engine says about itself, read when it is asked for. */
final class EngineMeters implements MeterBinder {
  private static final double NANOS = 1e9;

  private final String model;
  private final ChatCompletions chat;
  private final List<Meter> meters = new ArrayList<>();

  /**
   * @param model its id, the label
   * @param chat whose engine it is
   */
  EngineMeters(String model, ChatCompletions chat) {
    this.model = model;
    this.chat = chat;
  }

  boolean isOf(ChatCompletions other) {
    return chat.equals(other);
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    counter(registry, "steps", "Batches computed", EngineMetrics::steps);
    counter(
        registry,
        "computed.tokens",
        "Tokens computed, prompts and answers",
        EngineMetrics::computedTokens);
    counter(registry, "generated.tokens", "Tokens chosen", EngineMetrics::generatedTokens);
    counter(registry, "requests.completed", "Requests answered", EngineMetrics::completed);
    counter(registry, "requests.cancelled", "Requests left early", EngineMetrics::cancelled);
    counter(registry, "requests.failed", "Requests that failed", EngineMetrics::failed);
    counter(
        registry, "requests.rejected", "Requests the queue was full for", EngineMetrics::rejected);
    counter(
        registry, "preemptions", "Sequences that gave their memory up", EngineMetrics::preemptions);
    counter(
        registry,
        "prefix.hits",
        "Sequences that began with computed tokens",
        EngineMetrics::prefixHits);
    counter(
        registry,
        "prefix.cached.tokens",
        "Tokens the prefix cache saved",
        EngineMetrics::cachedTokens);
    counter(
        registry,
        "grammar.mask.seconds",
        "Time spent to find which tokens grammars allow",
        m -> m.maskNanos() / NANOS);
    meters.add(
        FunctionCounter.builder(
                "kolm.engine.grammar.compile.seconds",
                chat,
                c -> c.grammarCompileTime().toNanos() / NANOS)
            .description("Time spent to compile grammars")
            .tag("model", model)
            .register(registry));
    gauge(registry, "queued", "Requests that have not run yet", EngineMetrics::queuedRequests);
    gauge(
        registry,
        "running",
        "Sequences with a place in the batch",
        EngineMetrics::runningSequences);
    gauge(registry, "kv.blocks.used", "Blocks that sequences use", EngineMetrics::usedBlocks);
    gauge(registry, "kv.blocks.kept", "Blocks kept for later prompts", EngineMetrics::keptBlocks);
    gauge(registry, "kv.blocks", "Blocks of keys and values", EngineMetrics::blocks);
  }

  private void counter(
      MeterRegistry registry, String name, String what, ToDoubleFunction<EngineMetrics> value) {
    meters.add(
        FunctionCounter.builder(
                "kolm.engine." + name, chat, c -> value.applyAsDouble(c.engine().metrics()))
            .description(what)
            .tag("model", model)
            .register(registry));
  }

  private void gauge(
      MeterRegistry registry, String name, String what, ToDoubleFunction<EngineMetrics> value) {
    meters.add(
        Gauge.builder("kolm.engine." + name, chat, c -> value.applyAsDouble(c.engine().metrics()))
            .description(what)
            .tag("model", model)
            .register(registry));
  }

  void removeFrom(MeterRegistry registry) {
    meters.forEach(registry::remove);
  }
}
