/** The arithmetic: a scalar specification and faster sets that agree with it. */
@NullMarked
package ai.kolm.kernels;

import org.jspecify.annotations.NullMarked;
