package ai.kolm.cli.console;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The standard streams of a command. Text is UTF-8, whatever the locale. Results go to the standard
 * output, all else to the standard error. For one thread at a time.
 *
 * @param in what is typed or piped in
 * @param out results
 * @param err messages, progress
 * @param terminals which of them a person sits at
 * @param colours whether to colour what goes to a terminal
 */
public record Console(
    InputStream in, PrintStream out, PrintStream err, Terminals terminals, boolean colours) {
  private static final String TERMINALS_PROPERTY = "kolm.terminals";

  /** Which of the standard streams are terminals. */
  public record Terminals(boolean in, boolean out, boolean err) {}

  /**
   * The streams of this process. The launcher says which are terminals, in the system property
   * {@code kolm.terminals}; without it, all are if the JVM says that input and output are.
   *
   * @param environment NO_COLOR in it, if not empty, means no colours (no-color.org)
   */
  public static Console ofProcess(Map<String, String> environment) {
    Terminals terminals = terminals(System.getProperty(TERMINALS_PROPERTY));
    boolean colours =
        environment.getOrDefault("NO_COLOR", "").isEmpty()
            && !environment.getOrDefault("TERM", "").equals("dumb");
    return new Console(
        System.in, utf8(FileDescriptor.out), utf8(FileDescriptor.err), terminals, colours);
  }

  @SuppressWarnings("SystemConsoleNull") // JDK 25 returns null again where there is none
  private static Terminals terminals(@Nullable String letters) {
    if (letters != null) {
      return new Terminals(letters.contains("i"), letters.contains("o"), letters.contains("e"));
    }
    java.io.Console console = System.console();
    boolean all = console != null && console.isTerminal();
    return new Terminals(all, all, all);
  }

  private static PrintStream utf8(FileDescriptor descriptor) {
    return new PrintStream(
        new BufferedOutputStream(new FileOutputStream(descriptor)), false, UTF_8);
  }

  /**
   * Writes a line of results, at once.
   *
   * @throws OutputClosedException if nobody reads them
   */
  public void line(String text) {
    print(text + "\n");
  }

  /** Writes results without ending the line; as {@link #line} otherwise. */
  public void print(String text) {
    out.print(text);
    if (out.checkError()) {
      throw new OutputClosedException();
    }
  }

  /** Tells the user something. */
  public void tell(String message) {
    err.print(message + "\n");
    err.flush();
  }

  /** Whether results may have letters in other styles: they go to a terminal that shows them. */
  public boolean styled() {
    return colours && terminals.out;
  }

  /** {@code text} in bold, if it goes to a terminal. */
  public String bold(String text) {
    return styled() ? "\u001b[1m" + text + "\u001b[0m" : text;
  }

  /** {@code text} in faint letters, if it goes to a terminal. */
  public String faint(String text) {
    return styled() ? "\u001b[2m" + text + "\u001b[0m" : text;
  }
}
