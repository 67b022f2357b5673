/** What stands around the JSON of an answer. */
@NullMarked
package ai.kolm.grammar.reply;

import org.jspecify.annotations.NullMarked;
