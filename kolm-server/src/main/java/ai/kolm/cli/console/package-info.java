/** What commands have in common: streams, progress, exit codes. */
@NullMarked
package ai.kolm.cli.console;

import org.jspecify.annotations.NullMarked;
