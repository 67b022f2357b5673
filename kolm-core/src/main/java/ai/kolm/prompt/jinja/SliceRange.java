package ai.kolm.prompt.jinja;

import org.jspecify.annotations.Nullable;

/**
 * The indexes a slice selects, once Python's rules for missing, negative and too large bounds are
 * applied.
 *
 * @param start the first index, if the size is not 0
 * @param size how many
 */
record SliceRange(int start, long step, int size) {

  static SliceRange of(@Nullable Long start, @Nullable Long stop, @Nullable Long step, int length) {
    long by = step == null ? 1 : step;
    if (by == 0) {
      throw TemplateError.evaluation("slice step cannot be zero");
    }
    long low = by > 0 ? 0 : -1;
    long high = by > 0 ? length : length - 1L;
    long from = start == null ? (by > 0 ? low : high) : clip(start, length, low, high);
    long to = stop == null ? (by > 0 ? high : low) : clip(stop, length, low, high);
    long distance = by > 0 ? to - from : from - to;
    if (distance <= 0) {
      return new SliceRange(0, by, 0);
    }
    // A step of Long.MIN_VALUE has no absolute value; any step beyond the length selects one.
    long stride = Math.min(Math.abs(Math.max(by, -Long.MAX_VALUE)), distance);
    return new SliceRange((int) from, by, (int) ((distance - 1) / stride + 1));
  }

  private static long clip(long bound, int length, long low, long high) {
    return Math.clamp(bound < 0 ? bound + length : bound, low, high);
  }

  int index(int i) {
    return i == 0 ? start : (int) (start + i * step);
  }
}
