package ai.kolm.server;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The client has closed its connection, or takes nothing any more: nobody waits for an answer. */
final class ClientGoneException extends IOException {
  private static final long serialVersionUID = 1L;

  ClientGoneException(@Nullable Throwable cause) {
    super("the client has gone", cause);
  }
}
