/** From languages over characters to automata over the bytes of UTF-8 and of JSON strings. */
@NullMarked
package ai.kolm.grammar.lexer;

import org.jspecify.annotations.NullMarked;
