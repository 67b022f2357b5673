/** Messages, and the chat templates that turn them into a prompt. */
@NullMarked
package ai.kolm.prompt;

import org.jspecify.annotations.NullMarked;
