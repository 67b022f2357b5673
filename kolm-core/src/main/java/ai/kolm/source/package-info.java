/** Opening a model wherever it lies: an artifact, a GGUF file, a Hugging Face directory. */
@NullMarked
package ai.kolm.source;

import org.jspecify.annotations.NullMarked;
