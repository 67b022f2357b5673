package ai.kolm.server;

import java.time.Duration;

/**
 * What clients may cost. What goes beyond is refused or cut off, each with its own answer.
 *
 * @param targetBytes length of a request target, default 8 KiB
 * @param headerBytes length of one header line, default 8 KiB
 * @param headers header lines per request, default 64
 * @param headBytes length of a request's head, default 32 KiB
 * @param headTime from the start of a request, or of a connection, to the end of the head; default
 *     10 s
 * @param bodyBytes length of a body, default 4 MiB
 * @param bodyTime from the end of the head to the end of the body, default 30 s
 * @param connections open at the same time, default 256; more wait in the operating system's queue
 * @param idleTime a connection without a request is closed after this, default 60 s
 * @param stallTime a client that takes nothing for this long is cut off, default 30 s
 * @param silence after this long without an event a stream says that it lives, default 10 s
 * @param drainTime given to running answers when the server closes, default 10 s
 */
public record ServerLimits(
    int targetBytes,
    int headerBytes,
    int headers,
    int headBytes,
    Duration headTime,
    int bodyBytes,
    Duration bodyTime,
    int connections,
    Duration idleTime,
    Duration stallTime,
    Duration silence,
    Duration drainTime) {

  /** For a server that people in a company share. */
  public static final ServerLimits DEFAULT =
      new ServerLimits(
          8 << 10,
          8 << 10,
          64,
          32 << 10,
          Duration.ofSeconds(10),
          4 << 20,
          Duration.ofSeconds(30),
          256,
          Duration.ofSeconds(60),
          Duration.ofSeconds(30),
          Duration.ofSeconds(10),
          Duration.ofSeconds(10));

  /**
   * @throws IllegalArgumentException if a limit is not positive; the time to drain may be zero
   */
  public ServerLimits {
    positive("targetBytes", targetBytes);
    positive("headerBytes", headerBytes);
    positive("headers", headers);
    positive("headBytes", headBytes);
    positive("headTime", headTime.toMillis());
    positive("bodyBytes", bodyBytes);
    positive("bodyTime", bodyTime.toMillis());
    positive("connections", connections);
    positive("idleTime", idleTime.toMillis());
    positive("stallTime", stallTime.toMillis());
    positive("silence", silence.toMillis());
    if (drainTime.isNegative()) {
      throw new IllegalArgumentException("drainTime must not be negative, got " + drainTime);
    }
  }

  private static void positive(String name, long value) {
    if (value < 1) {
      throw new IllegalArgumentException("%s must be positive, got %d".formatted(name, value));
    }
  }

  /** These limits with another length of bodies. */
  public ServerLimits withBodyBytes(int newBodyBytes) {
    return new ServerLimits(
        targetBytes,
        headerBytes,
        headers,
        headBytes,
        headTime,
        newBodyBytes,
        bodyTime,
        connections,
        idleTime,
        stallTime,
        silence,
        drainTime);
  }

  /** These limits with other times for head, body, stalled clients, silence and draining. */
  public ServerLimits withTimes(
      Duration newHeadTime,
      Duration newBodyTime,
      Duration newStallTime,
      Duration newSilence,
      Duration newDrainTime) {
    return new ServerLimits(
        targetBytes,
        headerBytes,
        headers,
        headBytes,
        newHeadTime,
        bodyBytes,
        newBodyTime,
        connections,
        idleTime,
        newStallTime,
        newSilence,
        newDrainTime);
  }
}
