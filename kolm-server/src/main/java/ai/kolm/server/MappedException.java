package ai.kolm.server;

/** A failure whose answer an endpoint has chosen, in the words of its own fields. */
final class MappedException extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient ErrorAnswer answer;

  MappedException(ErrorAnswer answer, Exception cause) {
    super(cause);
    this.answer = answer;
  }

  ErrorAnswer answer() {
    return answer;
  }
}
