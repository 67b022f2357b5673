package ai.kolm.cli.console;

import org.jspecify.annotations.Nullable;

/** Ends a command with a sentence for the user and an exit code. */
public final class CommandException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ExitCode exitCode;

  /**
   * @param message one line: what was being done, what was expected, what was found
   */
  public CommandException(ExitCode exitCode, String message) {
    this(exitCode, message, null);
  }

  /** As above, with the exception behind it, which {@code --debug} shows. */
  public CommandException(ExitCode exitCode, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.exitCode = exitCode;
  }

  /** How the process is to end. */
  public ExitCode exitCode() {
    return exitCode;
  }
}
