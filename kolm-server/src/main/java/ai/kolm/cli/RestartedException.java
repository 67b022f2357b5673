package ai.kolm.cli;

/** A child process has done the work of this one, which has to end as the child did. */
final class RestartedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int exitCode;

  RestartedException(int exitCode) {
    super("a child process ended with " + exitCode);
    this.exitCode = exitCode;
  }

  /** How the child ended. */
  int exitCode() {
    return exitCode;
  }
}
