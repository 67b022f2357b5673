package ai.kolm.weights;

import ai.kolm.tensor.Tensor;
import ai.kolm.weights.GgufReader.Description;
import java.util.List;
import java.util.Locale;

/**
 * Models split over several files. Each part is a GGUF file with the entries {@code split.no}
 * (counted from 0), {@code split.count} and {@code split.tensors.count}; the first holds the
 * metadata of the model. Names end with {@code -00001-of-00003.gguf}.
 */
final class GgufParts {
  private static final String NUMBER_KEY = "split.no";
  private static final String COUNT_KEY = "split.count";
  private static final String TENSORS_KEY = "split.tensors.count";

  private GgufParts() {}

  /** The number of parts of the model that {@code first} is the first part of. */
  static long count(Description first) throws ModelFormatException {
    long count = number(first, COUNT_KEY, 1);
    checkPlace(first, 0, count);
    if (count > 1 && !first.file().endsWith(suffix(0, count))) {
      throw new ModelFormatException(
          first.file(),
          "this is part 1 of %d, so its name must end with %s".formatted(count, suffix(0, count)));
    }
    return count;
  }

  /** The name of another part, counted from 0, of the model that {@code first} belongs to. */
  static String name(Description first, long part, long count) {
    String name = first.file();
    return name.substring(0, name.length() - suffix(0, count).length()) + suffix(part, count);
  }

  /** The tensors of all parts, given in order. */
  static TensorTable join(List<Description> parts, WeightLimits limits, Arrival arrival)
      throws ModelFormatException {
    Description first = parts.getFirst();
    long count = number(first, COUNT_KEY, 1);
    if (count != parts.size()) {
      throw new ModelFormatException(
          first.file(), "a model in %d parts, got %d".formatted(count, parts.size()));
    }
    TensorTable table = new TensorTable(first.file(), limits, arrival);
    for (int i = 0; i < parts.size(); i++) {
      checkPlace(parts.get(i), i, count);
      for (Tensor tensor : parts.get(i).tensors()) {
        table.add(parts.get(i).file(), tensor);
      }
    }
    long declared = number(first, TENSORS_KEY, table.names().size());
    if (declared != table.names().size()) {
      throw new ModelFormatException(
          first.file(),
          "%s is %d, but the parts hold %d".formatted(TENSORS_KEY, declared, table.names().size()));
    }
    return table;
  }

  private static void checkPlace(Description part, int place, long count)
      throws ModelFormatException {
    long number = number(part, NUMBER_KEY, 0);
    long partCount = number(part, COUNT_KEY, 1);
    if (number != place || partCount != count) {
      throw new ModelFormatException(
          part.file(),
          "part %d of %d of a model, expected part %d of %d"
              .formatted(number + 1, partCount, place + 1, count));
    }
  }

  private static long number(Description part, String key, long absent)
      throws ModelFormatException {
    return part.metadata().findInteger(key).orElse(absent);
  }

  private static String suffix(long part, long count) {
    return String.format(Locale.ROOT, "-%05d-of-%05d.gguf", part + 1, count);
  }
}
