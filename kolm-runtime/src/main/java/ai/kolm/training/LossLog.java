package ai.kolm.training;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code loss.csv}: one line per step, for plots.
 *
 * <pre>{@code
 * step,epoch,loss,dev,rate,norm,tokens,seconds
 * 41,1,0.412031,0.437112,1.1e-04,0.83,8123,54.21
 * }</pre>
 *
 * <p>{@code loss} is the mean over the step's tokens to be learned, {@code dev} that over the dev
 * part where it was looked at, {@code seconds} what the step took.
 */
final class LossLog {
  private static final String HEADER = "step,epoch,loss,dev,rate,norm,tokens,seconds\n";

  private static final Pattern STEP = Pattern.compile("(\\d{1,9}),");

  private final Path file;

  /**
   * Continues a log, without what it has of later steps.
   *
   * @param step the last that counts; 0: a new log
   */
  LossLog(Path file, int step) throws IOException {
    this.file = file;
    List<String> lines = new ArrayList<>();
    if (step > 0) {
      for (String line : lines(file)) {
        Matcher number = STEP.matcher(line);
        if (number.lookingAt() && Integer.parseInt(number.group(1)) <= step) {
          lines.add(line + "\n");
        }
      }
    }
    byte[] text = (HEADER + String.join("", lines)).getBytes(UTF_8);
    WholeFile.write(file, channel -> channel.write(ByteBuffer.wrap(text)));
  }

  private static List<String> lines(Path file) throws IOException {
    try {
      return Files.readAllLines(file);
    } catch (NoSuchFileException e) {
      return List.of();
    }
  }

  void add(TrainingProgress p) throws IOException {
    OptionalDouble dev = p.devLoss();
    String line =
        String.format(
            Locale.ROOT,
            "%d,%d,%.6f,%s,%.4e,%.4f,%d,%.2f\n",
            p.step(),
            p.epoch(),
            p.loss(),
            dev.isPresent() ? String.format(Locale.ROOT, "%.6f", dev.getAsDouble()) : "",
            p.rate(),
            p.gradientNorm(),
            p.tokens(),
            p.seconds());
    Files.writeString(file, line, StandardOpenOption.APPEND);
  }
}
