package ai.kolm.upstream;

import java.time.Duration;

/**
 * How long a provider may take.
 *
 * @param connect for the connection, default 10 s
 * @param firstByte from the end of the request to the head of the answer, default 120 s
 * @param idle between two pieces of the body, default 120 s
 */
public record UpstreamTimeouts(Duration connect, Duration firstByte, Duration idle) {
  /** 10 s, 120 s, 120 s. */
  public static final UpstreamTimeouts DEFAULT =
      new UpstreamTimeouts(
          Duration.ofSeconds(10), Duration.ofSeconds(120), Duration.ofSeconds(120));
}
