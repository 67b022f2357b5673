/** Vectors of texts, in process. */
@NullMarked
package ai.kolm.embedding;

import org.jspecify.annotations.NullMarked;
