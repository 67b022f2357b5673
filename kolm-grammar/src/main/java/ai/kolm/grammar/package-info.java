/** The narrow door to constrained decoding. */
@NullMarked
package ai.kolm.grammar;

import org.jspecify.annotations.NullMarked;
