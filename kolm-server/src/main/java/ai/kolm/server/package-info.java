/** The server and the command line. */
@NullMarked
package ai.kolm.server;

import org.jspecify.annotations.NullMarked;
