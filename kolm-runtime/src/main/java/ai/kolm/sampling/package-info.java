/** From logits to the next token. */
@NullMarked
package ai.kolm.sampling;

import org.jspecify.annotations.NullMarked;
