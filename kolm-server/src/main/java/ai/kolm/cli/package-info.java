/** The kolm command line. */
@NullMarked
package ai.kolm.cli;

import org.jspecify.annotations.NullMarked;
