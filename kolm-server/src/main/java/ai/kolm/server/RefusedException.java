package ai.kolm.server;

import ai.kolm.artifact.ArtifactException;
import ai.kolm.weights.ModelFormatException;
import java.util.List;
import org.jspecify.annotations.Nullable;

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
    EMBEDDING_PAIR_MISMATCH,
    NO_KEY,
    METHOD,
    TOO_SLOW,
    BODY_TOO_LARGE,
    MEDIA_TYPE,
    TARGET_TOO_LONG,
    HEAD_TOO_LARGE,
    LOADING,
    CLOSING,
    /** A receipt could not be written just now, and nothing may be answered without. */
    RECEIPT_UNAVAILABLE,
    /** An artifact that the gate does not let in; the detail is its code. */
    ARTIFACT_REFUSED,
    /** A model that cannot be used, and will not be if it is asked again. */
    MODEL_UNAVAILABLE,
    UPSTREAM,
    UPSTREAM_TIMEOUT,
    CAPTURE_UNAVAILABLE
  }

  private static final int SHOWN = 64;

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

  /** There is no model of this name. */
  static RefusedException noModel(String name) {
    return new RefusedException(
        Reason.MODEL_NOT_FOUND,
        "The model '%s' does not exist; GET /v1/models lists those that do."
            .formatted(name.length() > SHOWN ? name.substring(0, SHOWN) : name));
  }

  /** Somebody wrote to the files of this model while it was served. */
  static RefusedException damaged(String id) {
    return new RefusedException(
        Reason.MODEL_UNAVAILABLE, "The model '%s' was damaged while it was served.".formatted(id));
  }

  /** A model cannot be opened: it is refused, or there is something wrong with this machine. */
  static RefusedException unusable(String id, @Nullable Throwable failure) {
    if (failure instanceof ModelFormatException format) {
      String code =
          format.getCause() instanceof ArtifactException refused
              ? refused.code().id()
              : "unsupported_model";
      return new RefusedException(
          Reason.ARTIFACT_REFUSED,
          "The model '%s' is refused (%s): %s".formatted(id, code, format.getMessage()));
    }
    return new RefusedException(
        Reason.MODEL_UNAVAILABLE, "The model '%s' cannot be loaded.".formatted(id));
  }

  Reason reason() {
    return reason;
  }

  List<String> allowed() {
    return allowed;
  }
}
