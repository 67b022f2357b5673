package ai.kolm.cli;

import ai.kolm.cli.console.Console;
import ai.kolm.cli.console.Progress;
import ai.kolm.training.TrainingProgress;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.function.Consumer;

/**
 * Shows how a training goes: on a terminal as one line that is written over, else as a line for
 * each step that takes a while. For one thread.
 */
final class TrainingLine implements Consumer<TrainingProgress>, AutoCloseable {
  private static final double QUIET_SECONDS = 1;
  private static final double MINUTE = 60;

  private final Console console;
  private OptionalDouble dev = OptionalDouble.empty();
  private double sinceLine;
  private int width;

  TrainingLine(Console console) {
    this.console = console;
  }

  @Override
  public void accept(TrainingProgress p) {
    if (p.devLoss().isPresent()) {
      dev = p.devLoss();
    }
    String line = line(p, dev);
    if (console.terminals().err()) {
      console.err().print("\r" + line + " ".repeat(Math.max(0, width - line.length())));
      console.err().flush();
      width = line.length();
      return;
    }
    sinceLine += p.seconds();
    if (sinceLine >= QUIET_SECONDS) {
      console.tell(line);
      sinceLine = 0;
    }
  }

  static String line(TrainingProgress p, OptionalDouble dev) {
    return String.format(
        Locale.ROOT,
        "step %d/%d  loss %.3f  dev %s  %.0f tok/s  rate %.1e  mem %s  eta %s",
        p.step(),
        p.steps(),
        p.loss(),
        dev.isPresent() ? String.format(Locale.ROOT, "%.3f", dev.getAsDouble()) : "-",
        p.tokensPerSecond(),
        p.rate(),
        Progress.size(p.bytes()),
        time(p.secondsLeft()));
  }

  /** Seconds for people. */
  static String time(double seconds) {
    long minutes = Math.round(seconds / MINUTE);
    if (seconds < MINUTE) {
      return Math.round(seconds) + "s";
    }
    return minutes < MINUTE ? minutes + "m" : "%dh%02dm".formatted(minutes / 60, minutes % 60);
  }

  @Override
  public void close() {
    if (width > 0) {
      console.err().print("\n");
      console.err().flush();
    }
  }
}
