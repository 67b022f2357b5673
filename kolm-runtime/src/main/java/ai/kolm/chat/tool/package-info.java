/** Tools that a model may call, and how models of each family write calls. */
@NullMarked
package ai.kolm.chat.tool;

import org.jspecify.annotations.NullMarked;
