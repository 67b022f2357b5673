package ai.kolm.cli.console;

import java.io.PrintStream;
import java.util.Locale;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;

/**
 * Shows how far a long step is: on a terminal as one line that is written over, else as a line for
 * every tenth of the way, if that takes a second.
 *
 * <pre>{@code
 * try (Progress progress = Progress.of(console, "downloading", total)) {
 *   progress.at(done);
 * }
 * }</pre>
 *
 * <p>For one thread at a time.
 */
public final class Progress implements AutoCloseable {
  private static final int BAR = 24;
  private static final long REDRAW_NANOS = 100_000_000;

  /** Where lines stay, there is at most one in this time: quick steps leave none. */
  private static final long QUIET_NANOS = 1_000_000_000;

  private static final double NANOS = 1e9;

  private final PrintStream out;
  private final boolean terminal;
  private final String what;
  private final long total;
  private final LongFunction<String> amount;
  private final LongSupplier nanoTime;
  private final long start;
  private long drawn;
  private long done;
  private int tenths;
  private int width;

  Progress(
      PrintStream out,
      boolean terminal,
      String what,
      long total,
      LongFunction<String> amount,
      LongSupplier nanoTime) {
    this.out = out;
    this.terminal = terminal;
    this.what = what;
    this.total = total;
    this.amount = amount;
    this.nanoTime = nanoTime;
    start = nanoTime.getAsLong();
    drawn = terminal ? start - REDRAW_NANOS : start;
  }

  /**
   * Progress on the standard error.
   *
   * @param what the step, as it is to be called
   * @param total how many bytes there are, at least 1
   */
  public static Progress of(Console console, String what, long total) {
    return of(console, what, total, Progress::size);
  }

  /**
   * As {@link #of(Console, String, long)}, of something else than bytes.
   *
   * @param amount writes a number of them
   */
  public static Progress of(Console console, String what, long total, LongFunction<String> amount) {
    boolean terminal = console.terminals().err();
    return new Progress(console.err(), terminal, what, total, amount, System::nanoTime);
  }

  /** So much is done. */
  public void at(long amountDone) {
    done = Math.clamp(amountDone, 0, total);
    if (terminal) {
      long now = nanoTime.getAsLong();
      if (now - drawn >= REDRAW_NANOS) {
        drawn = now;
        draw(now);
      }
    } else if (done * 10 / total > tenths && nanoTime.getAsLong() - drawn >= QUIET_NANOS) {
      drawn = nanoTime.getAsLong();
      tenths = (int) (done * 10 / total);
      out.print("%s: %d %% of %s\n".formatted(what, tenths * 10, amount.apply(total)));
      out.flush();
    }
  }

  private void draw(long now) {
    int filled = (int) (done * BAR / total);
    String line =
        "%s  [%s%s] %3d %%  %s of %s%s"
            .formatted(
                what,
                "#".repeat(filled),
                ".".repeat(BAR - filled),
                done * 100 / total,
                amount.apply(done),
                amount.apply(total),
                speed((now - start) / NANOS));
    out.print("\r" + line + " ".repeat(Math.max(0, width - line.length())));
    out.flush();
    width = line.length();
  }

  private String speed(double seconds) {
    if (done < total / 100 || done == 0 || seconds < 0.5) {
      // Too little to tell a rate from.
      return "";
    }
    double rate = done / seconds;
    return "  %s/s  %d s left"
        .formatted(amount.apply((long) rate), (long) Math.ceil((total - done) / rate));
  }

  /** {@code bytes} for people: three digits and a unit. */
  public static String size(long bytes) {
    if (bytes < 1000) {
      return bytes + " B";
    }
    String[] units = {"kB", "MB", "GB", "TB", "PB", "EB"};
    double value = bytes / 1000.0;
    int unit = 0;
    while (value >= 999.5) {
      value /= 1000;
      unit++;
    }
    String form = value < 9.995 ? "%.2f %s" : value < 99.95 ? "%.1f %s" : "%.0f %s";
    return String.format(Locale.ROOT, form, value, units[unit]);
  }

  /** Leaves the line as it is. */
  @Override
  public void close() {
    if (terminal) {
      draw(nanoTime.getAsLong());
      out.print("\n");
      out.flush();
    }
  }
}
