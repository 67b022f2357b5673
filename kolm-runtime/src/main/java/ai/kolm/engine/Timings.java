package ai.kolm.engine;

import java.time.Duration;

/**
 * Where the time of a request went; zero for what was not reached.
 *
 * @param queued from its arrival until its first sequence ran
 * @param prefill from then until the first token
 * @param decode from then until the end
 */
public record Timings(Duration queued, Duration prefill, Duration decode) {}
