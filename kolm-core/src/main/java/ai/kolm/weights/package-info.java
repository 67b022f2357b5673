/** Weight files: GGUF and safetensors, memory-mapped; weights by name and shape. */
@NullMarked
package ai.kolm.weights;

import org.jspecify.annotations.NullMarked;
