package ai.kolm.weights;

/**
 * What a weight file may cost before anything of it is used. Each number of a file is checked
 * against these, and against the bytes that are left, before anything of its size is allocated.
 *
 * @param entries metadata entries, default 65,536
 * @param tensors tensors over all parts of a model, default 65,536
 * @param stringBytes bytes of one string as UTF-8, default 16 MiB
 * @param arrayLength items of one metadata array, default 16,777,216: 64 times the largest
 *     vocabularies; asked for as {@code long[]} this is 128 MiB
 * @param headerBytes bytes of a safetensors header or index, default 16 MiB
 */
public record WeightLimits(
    int entries, int tensors, int stringBytes, int arrayLength, int headerBytes) {

  /** The defaults. */
  public static final WeightLimits DEFAULT =
      new WeightLimits(1 << 16, 1 << 16, 16 << 20, 1 << 24, 16 << 20);

  /** Checks that each limit is positive. */
  public WeightLimits {
    if (entries < 1 || tensors < 1 || stringBytes < 1 || arrayLength < 1 || headerBytes < 1) {
      throw new IllegalArgumentException("limits must be positive");
    }
  }
}
