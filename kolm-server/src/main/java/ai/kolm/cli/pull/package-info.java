/** Obtaining models: registered packages, files, and the stores of other programs. */
@NullMarked
package ai.kolm.cli.pull;

import org.jspecify.annotations.NullMarked;
