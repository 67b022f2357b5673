/** Continuous batching: schedule, run, postprocess. */
@NullMarked
package ai.kolm.engine;

import org.jspecify.annotations.NullMarked;
