/** From automata over bytes to masks over tokens. */
@NullMarked
package ai.kolm.grammar.mask;

import org.jspecify.annotations.NullMarked;
