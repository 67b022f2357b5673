package ai.kolm.server;

import ai.kolm.server.RefusedException.Reason;
import ai.kolm.server.wire.Status;
import java.util.function.BooleanSupplier;

/** {@code GET /healthz}: the process lives; {@code GET /readyz}: it would answer a chat. */
final class HealthHandler {
  private final ModelDirectory directory;
  private final RunningAnswers running;
  private final BooleanSupplier degraded;

  /**
   * @param degraded whether something beside the answers does not work
   */
  HealthHandler(ModelDirectory directory, RunningAnswers running, BooleanSupplier degraded) {
    this.directory = directory;
    this.running = running;
    this.degraded = degraded;
  }

  void health(Exchange exchange, String rest) throws Exception {
    exchange.answer(new Status(degraded.getAsBoolean() ? "degraded" : "ok"));
  }

  void ready(Exchange exchange, String rest) throws Exception {
    running.checkOpen();
    if (!directory.isReady()) {
      throw new RefusedException(Reason.LOADING, "The model is still loading; try again soon.");
    }
    exchange.answer(new Status("ready"));
  }
}
