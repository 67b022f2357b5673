/**
 * Machine code for x86-64 processors: an assembler, the memory that code runs from, and what the
 * processor can do.
 */
@NullMarked
package ai.kolm.kernels.x86;

import org.jspecify.annotations.NullMarked;
