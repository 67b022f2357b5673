/** Making an artifact of a model: the only place that writes artifacts. */
@NullMarked
package ai.kolm.cli.pack;

import org.jspecify.annotations.NullMarked;
