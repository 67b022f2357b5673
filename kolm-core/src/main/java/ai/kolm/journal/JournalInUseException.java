package ai.kolm.journal;

import java.io.IOException;

/** Another process writes to the journal; the message names it. */
public final class JournalInUseException extends IOException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message names the process and the directory
   */
  public JournalInUseException(String message) {
    super(message);
  }
}
