package ai.kolm.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.cli.console.Console;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.engine.ContextLengthExceededException;
import ai.kolm.engine.InvalidRequestException;
import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonReader;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;

/**
 * JSON lines: one value in, one line out, in order, each at once. A line that is refused gives
 * {@code {"error": "..."}} in its place, and the lines after it are still answered; the command
 * then ends with {@link ExitCode#REFUSED}. Empty lines are skipped.
 */
final class LineProcessor {
  private static final int MAX_LINE_BYTES = 64 << 20;

  private final Console console;

  LineProcessor(Console console) {
    this.console = console;
  }

  /** What a command does with a line. */
  @FunctionalInterface
  interface LineWork {
    /**
     * The line to answer with.
     *
     * @throws JsonException if the line is not of the form that is wanted
     * @throws IllegalArgumentException if a value of it is refused
     */
    String answer(Json line) throws JsonException;
  }

  /** Answers all lines of the standard input; returns the exit code. */
  int process(LineWork work) throws IOException {
    ExitCode exitCode = ExitCode.OK;
    InputStream in = new BufferedInputStream(console.in(), 1 << 16);
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (boolean more = true; more; ) {
      line.reset();
      more = readLine(in, line);
      if (!isBlank(line)) {
        String answer;
        try {
          answer = work.answer(parse(line));
        } catch (JsonException
            | IllegalArgumentException
            | InvalidRequestException
            | ContextLengthExceededException e) {
          exitCode = ExitCode.REFUSED;
          answer = refusal(e);
        }
        console.line(answer);
      }
    }
    return exitCode.number();
  }

  /** Reads up to the end of the line; {@code false} if the input ends there. */
  private static boolean readLine(InputStream in, ByteArrayOutputStream line) throws IOException {
    for (int b = in.read(); b >= 0; b = in.read()) {
      if (b == '\n') {
        return true;
      }
      // One byte too many is kept, so that the limit of the reader refuses the line.
      if (line.size() <= MAX_LINE_BYTES) {
        line.write(b);
      }
    }
    return false;
  }

  private static boolean isBlank(ByteArrayOutputStream line) {
    return line.size() < 1024 && line.toString(UTF_8).isBlank();
  }

  private static Json parse(ByteArrayOutputStream line) throws JsonException {
    return JsonReader.read(line.toByteArray(), JsonLimits.DEFAULT.withBytes(MAX_LINE_BYTES));
  }

  private static String refusal(Exception e) {
    return JsonLines.text(new Json.Obj(Map.of("error", new Json.Str(Failure.of(e).message()))));
  }
}
