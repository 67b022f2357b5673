package ai.kolm.capture;

import ai.kolm.anonymize.Anonymizer;
import java.util.Optional;

/**
 * How exchanges are recorded.
 *
 * @param tags of exchanges whose request says nothing else
 * @param style what comes into the place of findings; empty: bodies are stored as they are
 * @param require whether nothing is relayed that cannot be recorded
 * @param maxCopyBytes length of a body that is kept, default 4 MiB
 * @param maxPending exchanges that may wait to be recorded, default 256
 * @param maxPendingBytes bytes that these may have, default 64 MiB
 */
public record CaptureConfig(
    CaptureTags tags,
    Optional<Anonymizer.Style> style,
    boolean require,
    int maxCopyBytes,
    int maxPending,
    long maxPendingBytes) {

  /** With surrogates, and the defaults above. */
  public static CaptureConfig of(CaptureTags tags) {
    return new CaptureConfig(
        tags, Optional.of(Anonymizer.Style.SURROGATE), false, 4 << 20, 256, 64L << 20);
  }

  /** The same, with another style. */
  public CaptureConfig withStyle(Optional<Anonymizer.Style> newStyle) {
    return new CaptureConfig(tags, newStyle, require, maxCopyBytes, maxPending, maxPendingBytes);
  }

  /** The same, with or without the requirement. */
  public CaptureConfig withRequire(boolean newRequire) {
    return new CaptureConfig(tags, style, newRequire, maxCopyBytes, maxPending, maxPendingBytes);
  }

  /** The same, with another room for what waits. */
  CaptureConfig withPending(int exchanges, long bytes) {
    return new CaptureConfig(tags, style, require, maxCopyBytes, exchanges, bytes);
  }
}
