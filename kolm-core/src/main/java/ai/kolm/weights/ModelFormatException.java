package ai.kolm.weights;

/**
 * A model file that is damaged or says something kolm does not accept. The message names the file,
 * what was being read, what was expected, what was found and where. Names from the file may be in
 * it; control characters are replaced, so that it can be shown in a terminal.
 */
public final class ModelFormatException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String file;
  private final long offset;

  /**
   * @param file the file, for people
   * @param offset where in the file, in bytes; -1 when the fault has no place
   * @param message what was being read, expected, got
   */
  public ModelFormatException(String file, long offset, String message) {
    super(
        printable(
            offset < 0 ? file + ": " + message : file + " at byte " + offset + ": " + message));
    this.file = file;
    this.offset = offset;
  }

  /** A fault without a place. */
  public ModelFormatException(String file, String message) {
    this(file, -1, message);
  }

  /** A fault that another check found; its message, which names the file, is taken over. */
  public ModelFormatException(String file, Exception cause) {
    super(printable(String.valueOf(cause.getMessage())), cause);
    this.file = file;
    this.offset = -1;
  }

  private static String printable(String message) {
    return message.replaceAll("\\p{Cntrl}", "?");
  }

  /** The file. */
  public String file() {
    return file;
  }

  /** Where in the file, in bytes; -1 when the fault has no place. */
  public long offset() {
    return offset;
  }
}
