package ai.kolm.weights;

import ai.kolm.tensor.Tensor;
import java.util.Optional;
import java.util.Set;

/**
 * The weights of a model, asked for by name <em>and expected shape</em>, so that a wrong file fails
 * at load.
 */
public interface Weights {

  /**
   * The tensor called {@code name}.
   *
   * @param extents the shape it must have, outermost first; numbers from a file may be given
   *     unchecked, as no tensor has an impossible shape
   * @throws ModelFormatException if it is missing or has another shape
   */
  Tensor get(String name, long... extents) throws ModelFormatException;

  /** As {@link #get}, but empty if the file has no such tensor. */
  Optional<Tensor> find(String name, long... extents) throws ModelFormatException;

  /** The names of all tensors. */
  Set<String> names();
}
