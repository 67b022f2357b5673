package ai.kolm.kernels;

import ai.kolm.tensor.Tensor;

/**
 * A weight matrix (rows, columns) in the form that a kernel set multiplies with. Row r holds the
 * weights of output r.
 */
public sealed interface Matrix permits Matrix.Plain, PackedMatrix, ByteMatrix {

  /** The tensor's name, for messages. */
  String name();

  /** The number of outputs. */
  int rows();

  /** The number of inputs. */
  int columns();

  /** The tensor as its file has it. */
  record Plain(Tensor tensor) implements Matrix {
    /**
     * @throws IllegalArgumentException if the tensor is not a matrix with extents that fit an
     *     {@code int}
     */
    public Plain {
      if (tensor.shape().rank() != 2
          || tensor.shape().rows() > Integer.MAX_VALUE - Panels.WIDTH
          || tensor.shape().columns() > Integer.MAX_VALUE - Panels.WIDTH) {
        throw new IllegalArgumentException(
            "tensor %s: expected a matrix, got shape %s".formatted(tensor.name(), tensor.shape()));
      }
    }

    @Override
    public String name() {
      return tensor.name();
    }

    @Override
    public int rows() {
      return (int) tensor.shape().rows();
    }

    @Override
    public int columns() {
      return (int) tensor.shape().columns();
    }
  }
}
