package ai.kolm.receipt;

import java.io.IOException;

/** Another process writes to the audit log. */
public final class LogInUseException extends IOException {
  private static final long serialVersionUID = 1L;

  LogInUseException(String message) {
    super(message);
  }
}
