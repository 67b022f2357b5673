package ai.kolm.weights;

import ai.kolm.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The tensors of a weight file by name, those that kolm cannot read with the reason. */
final class TensorTable implements Weights {
  private final String file;
  private final WeightLimits limits;
  private final Arrival arrival;
  private final Map<String, Entry> entries = new LinkedHashMap<>();

  /**
   * @param file the first or only file of the model, for messages
   * @param arrival is waited for before a tensor is handed out by name
   */
  TensorTable(String file, WeightLimits limits, Arrival arrival) {
    this.file = file;
    this.limits = limits;
    this.arrival = arrival;
  }

  /** What stands under a name. */
  private sealed interface Entry {
    record Present(Tensor tensor) implements Entry {}

    record Refused(String reason) implements Entry {}
  }

  /**
   * Adds a tensor.
   *
   * @param part the file it is in
   * @throws ModelFormatException if there is one of its name already, or there are too many
   */
  void add(String part, Tensor tensor) throws ModelFormatException {
    put(part, tensor.name(), new Entry.Present(tensor));
  }

  /** As {@link #add}, for a tensor that is refused with {@code reason} when asked for. */
  void addUnreadable(String part, String name, String reason) throws ModelFormatException {
    put(part, name, new Entry.Refused(reason));
  }

  private void put(String part, String name, Entry entry) throws ModelFormatException {
    if (entries.putIfAbsent(name, entry) != null) {
      throw new ModelFormatException(part, "tensor " + name + " is in an earlier file too");
    }
    if (entries.size() > limits.tensors()) {
      throw new ModelFormatException(part, "more than %d tensors".formatted(limits.tensors()));
    }
  }

  List<Tensor> tensors() {
    List<Tensor> tensors = new ArrayList<>();
    for (Entry entry : entries.values()) {
      if (entry instanceof Entry.Present present) {
        tensors.add(present.tensor());
      }
    }
    return Collections.unmodifiableList(tensors);
  }

  @Override
  public Tensor get(String name, long... extents) throws ModelFormatException {
    return find(name, extents)
        .orElseThrow(
            () ->
                new ModelFormatException(
                    file, "tensor %s %s is missing".formatted(name, Arrays.toString(extents))));
  }

  @Override
  public Optional<Tensor> find(String name, long... extents) throws ModelFormatException {
    return switch (entries.get(name)) {
      case null -> Optional.empty();
      case Entry.Refused refused ->
          throw new ModelFormatException(
              file, "tensor %s cannot be used: %s".formatted(name, refused.reason()));
      case Entry.Present present -> {
        Tensor tensor = present.tensor();
        if (!tensor.shape().is(extents)) {
          throw new ModelFormatException(
              file,
              "tensor %s: expected shape %s, got %s"
                  .formatted(name, Arrays.toString(extents), tensor.shape()));
        }
        arrival.await(tensor.data());
        yield Optional.of(tensor);
      }
    };
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(entries.keySet());
  }
}
