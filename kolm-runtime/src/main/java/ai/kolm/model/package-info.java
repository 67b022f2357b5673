/** Architectures as data, and the one decoder that runs them. */
@NullMarked
package ai.kolm.model;

import org.jspecify.annotations.NullMarked;
