/** How fast a model runs on this machine, and what the machine could do. */
@NullMarked
package ai.kolm.bench;

import org.jspecify.annotations.NullMarked;
