package ai.kolm.capture;

import java.io.IOException;

/** Says the passphrase that keeps the data key of a namespace. */
@FunctionalInterface
public interface Passphrase {
  /** Nobody knows one. */
  Passphrase NONE =
      (namespace, _) -> {
        throw new CaptureException(
            CaptureException.Reason.KEY,
            "namespace \"%s\" is kept by a passphrase".formatted(namespace));
      };

  /**
   * The passphrase.
   *
   * @param namespace that it is for
   * @param fresh whether it is chosen now
   * @throws CaptureException {@code KEY} if nobody says one
   */
  char[] of(String namespace, boolean fresh) throws IOException, CaptureException;
}
