package ai.kolm.weights;

import ai.kolm.tensor.Tensor;
import java.util.List;

/**
 * A model's weights as files hold them. Opening reads the description only; no byte of a tensor is
 * touched before it is asked for.
 *
 * <p>{@code open} maps the files into an arena, and the tensors are views of that memory: they are
 * valid until the arena is closed. Replacing or deleting a mapped file does no harm. Shortening one
 * does: touching a page that is gone throws {@link InternalError}, or, in a compiled loop of vector
 * loads, in {@link java.util.zip.CRC32} or in a native call, ends the process. So install models by
 * writing a new file and renaming it; copy out of mapped memory before hashing; and let every
 * kernel over mapped memory begin with one plain {@code get}, which makes the JVM throw instead.
 *
 * <p>Immutable; safe for use by many threads if the arena is.
 */
public sealed interface WeightFile permits GgufFile, SafetensorsFile {

  /** The tensors by name and expected shape. */
  Weights weights();

  /** All tensors kolm can read, in the order of the file. */
  List<Tensor> tensors();
}
