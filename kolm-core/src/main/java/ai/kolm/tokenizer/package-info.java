/** Text to token ids and back. */
@NullMarked
package ai.kolm.tokenizer;

import org.jspecify.annotations.NullMarked;
