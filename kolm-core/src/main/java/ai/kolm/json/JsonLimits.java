package ai.kolm.json;

/**
 * What a JSON text may cost. Checked before anything of the size in question is allocated.
 *
 * @param bytes length of the text, default 16 MiB
 * @param depth nesting of objects and arrays, default 64
 * @param stringBytes length of one string or key as UTF-8, default 16 MiB
 */
public record JsonLimits(long bytes, int depth, int stringBytes) {
  /** 16 MiB, depth 64. */
  public static final JsonLimits DEFAULT = new JsonLimits(16L << 20, 64, 16 << 20);

  /** Checks that each limit is positive. */
  public JsonLimits {
    if (bytes < 1 || depth < 1 || stringBytes < 1) {
      throw new IllegalArgumentException("limits must be positive");
    }
  }

  /** These limits with another length of text; strings may be as long. */
  public JsonLimits withBytes(long newBytes) {
    return new JsonLimits(newBytes, depth, (int) Math.min(newBytes, Integer.MAX_VALUE - 16));
  }

  /** These limits with another depth. */
  public JsonLimits withDepth(int newDepth) {
    return new JsonLimits(bytes, newDepth, stringBytes);
  }
}
