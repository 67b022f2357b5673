package ai.kolm.capture;

/** A stream is not what the interface it came from says. The message quotes nothing of it. */
final class FoldException extends Exception {
  private static final long serialVersionUID = 1L;

  FoldException(String message) {
    super(message);
  }
}
