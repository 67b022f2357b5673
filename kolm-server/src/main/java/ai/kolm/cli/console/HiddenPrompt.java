package ai.kolm.cli.console;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.util.Arrays;
import java.util.Optional;

/**
 * Asks whoever sits at the terminal for something that must not be seen. It asks the terminal
 * itself, not the standard streams: the output may go to a file meanwhile. What is typed is UTF-8,
 * whatever the locale, so that it is the same text as that of a file. Where there is no {@code
 * /dev/tty}, the console of the JVM asks.
 */
public final class HiddenPrompt {
  private static final File TERMINAL = new File("/dev/tty");
  private static final int LONGEST = 1 << 12;

  private HiddenPrompt() {}

  /**
   * What was typed, without the end of the line; empty if there is no terminal or nobody answers.
   *
   * @throws IOException if it is too long, or no UTF-8
   */
  @SuppressWarnings("SystemConsoleNull") // JDK 25 returns null again where there is none
  public static Optional<char[]> ask(String what) throws IOException {
    if (TERMINAL.canRead() && TERMINAL.canWrite()) {
      Optional<String> settings = stty("-g");
      if (settings.isPresent()) {
        return askTerminal(what, settings.get().strip());
      }
    }
    java.io.Console console = System.console();
    return console == null
        ? Optional.empty()
        : Optional.ofNullable(console.readPassword("%s: ", what));
  }

  private static Optional<char[]> askTerminal(String what, String settings) throws IOException {
    // Whoever interrupts the question gets a terminal back that shows what is typed.
    Thread restore = new Thread(() -> stty(settings));
    Runtime.getRuntime().addShutdownHook(restore);
    try (InputStream in = new FileInputStream(TERMINAL);
        OutputStream out = new FileOutputStream(TERMINAL)) {
      stty("-echo");
      out.write((what + ": ").getBytes(UTF_8));
      try {
        return line(in);
      } finally {
        out.write('\n');
      }
    } finally {
      stty(settings);
      Runtime.getRuntime().removeShutdownHook(restore);
    }
  }

  private static Optional<char[]> line(InputStream in) throws IOException {
    byte[] typed = new byte[LONGEST];
    int length = 0;
    int next = in.read();
    if (next < 0) {
      return Optional.empty();
    }
    while (next >= 0 && next != '\n') {
      if (length == LONGEST) {
        throw new IOException("what was typed is longer than %,d bytes".formatted(LONGEST));
      }
      typed[length++] = (byte) next;
      next = in.read();
    }
    CharBuffer text = UTF_8.newDecoder().decode(ByteBuffer.wrap(typed, 0, length));
    Arrays.fill(typed, (byte) 0);
    return Optional.of(Arrays.copyOf(text.array(), text.length()));
  }

  /** Reads or changes how the terminal behaves; empty if that cannot be done. */
  private static Optional<String> stty(String argument) {
    try {
      Process process =
          new ProcessBuilder("stty", argument)
              .redirectInput(TERMINAL)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      ByteArrayOutputStream said = new ByteArrayOutputStream();
      process.getInputStream().transferTo(said);
      return process.waitFor() == 0 ? Optional.of(said.toString(UTF_8)) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }
}
