/** Chat completions in process. */
@NullMarked
package ai.kolm.chat;

import org.jspecify.annotations.NullMarked;
