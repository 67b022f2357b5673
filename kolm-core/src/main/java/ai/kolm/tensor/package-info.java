/** What the bytes of a tensor mean: types, shapes, block formats. */
@NullMarked
package ai.kolm.tensor;

import org.jspecify.annotations.NullMarked;
