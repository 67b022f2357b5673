package ai.kolm.cli.settings;

/** A setting that is refused; the message says who set it, what was expected and what was found. */
public final class SettingException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  SettingException(String message) {
    super(message);
  }
}
