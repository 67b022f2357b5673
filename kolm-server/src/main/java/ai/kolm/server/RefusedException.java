package ai.kolm.server;

import java.util.List;

/** A request is refused for a reason that has nothing to do with a field of its body. */
final class RefusedException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Why. */
  enum Reason {
    MALFORMED,
    HOST_NOT_ALLOWED,
    ORIGIN_NOT_ALLOWED,
    NOT_FOUND,
    MODEL_NOT_FOUND,
    METHOD,
    TOO_SLOW,
    BODY_TOO_LARGE,
    MEDIA_TYPE,
    TARGET_TOO_LONG,
    HEAD_TOO_LARGE,
    LOADING,
    CLOSING
  }

  private final Reason reason;
  private final List<String> allowed;

  RefusedException(Reason reason, String message) {
    this(reason, message, List.of());
  }

  /**
   * @param allowed methods that would not have been refused
   */
  RefusedException(Reason reason, String message, List<String> allowed) {
    super(message);
    this.reason = reason;
    this.allowed = List.copyOf(allowed);
  }

  Reason reason() {
    return reason;
  }

  List<String> allowed() {
    return allowed;
  }
}
