package ai.kolm.upstream;

import java.util.Locale;

/** A provider did not answer, or not to the end. The message quotes nothing that was sent. */
public final class UpstreamException extends Exception {
  private static final long serialVersionUID = 1L;

  /** What happened. */
  public enum Reason {
    /** No connection: refused, unknown host, no TLS. */
    CONNECT,
    /** Nothing came in time. */
    TIMEOUT,
    /** The connection broke, or what came was no HTTP. */
    BROKEN,
    /** We ended it. */
    CANCELLED;

    /** The reason as programs see it. */
    public String id() {
      return "upstream_" + name().toLowerCase(Locale.ROOT);
    }
  }

  private final Reason reason;

  /**
   * @param reason what happened
   * @param message for people
   * @param cause what the library threw
   */
  public UpstreamException(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  /** What happened. */
  public Reason reason() {
    return reason;
  }
}
