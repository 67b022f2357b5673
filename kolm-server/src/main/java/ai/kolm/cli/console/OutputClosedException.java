package ai.kolm.cli.console;

/**
 * Whoever reads the standard output has closed it, as {@code head} does: there is nobody to tell.
 */
public final class OutputClosedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  OutputClosedException() {
    super("standard output is closed");
  }
}
