/**
 * Regular languages over characters: an algebra of expressions, their derivatives, the dialect of
 * ECMA-262, and sets of numbers.
 */
@NullMarked
package ai.kolm.grammar.regex;

import org.jspecify.annotations.NullMarked;
