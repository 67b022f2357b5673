package ai.kolm.cli;

import ai.kolm.server.ApiKeys;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which keys clients must send: for {@code kolm serve} and {@code kolm capture}. */
final class KeyFlags {
  @Option(
      names = "--api-key",
      paramLabel = "KEY",
      description = "Clients must send this key. Others can read it here; see --api-key-file.")
  private @Nullable String apiKey;

  @Option(
      names = "--api-key-file",
      paramLabel = "FILE",
      description = "Clients must send one of the keys in this file, one a line.")
  private @Nullable Path apiKeyFile;

  KeyFlags() {}

  /**
   * The keys; {@link ApiKeys#NONE} if none are wanted.
   *
   * @throws IllegalArgumentException if both flags are given, or what they give is no key
   */
  ApiKeys keys() throws IOException {
    if (apiKey != null && apiKeyFile != null) {
      throw new IllegalArgumentException("--api-key and --api-key-file exclude each other");
    }
    if (apiKey != null) {
      return ApiKeys.of(List.of(apiKey));
    }
    return apiKeyFile == null ? ApiKeys.NONE : ApiKeys.read(apiKeyFile);
  }
}
