package ai.kolm.model;

import ai.kolm.tensor.Tensor;
import ai.kolm.weights.ModelFormatException;
import ai.kolm.weights.Weights;
import java.util.Optional;
import java.util.Set;

/** Weights that know how many bytes of them have been handed out. Each is asked for once. */
final class CountedWeights implements Weights {
  private final Weights weights;
  private long bytes;

  CountedWeights(Weights weights) {
    this.weights = weights;
  }

  /** The size of what was handed out so far. */
  long bytes() {
    return bytes;
  }

  @Override
  public Tensor get(String name, long... extents) throws ModelFormatException {
    return counted(weights.get(name, extents));
  }

  @Override
  public Optional<Tensor> find(String name, long... extents) throws ModelFormatException {
    return weights.find(name, extents).map(this::counted);
  }

  private Tensor counted(Tensor tensor) {
    bytes += tensor.data().byteSize();
    return tensor;
  }

  @Override
  public Set<String> names() {
    return weights.names();
  }
}
