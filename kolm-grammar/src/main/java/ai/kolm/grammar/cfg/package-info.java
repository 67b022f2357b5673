/** Context-free grammars over texts, JSON values and control tokens; GBNF and Lark. */
@NullMarked
package ai.kolm.grammar.cfg;

import org.jspecify.annotations.NullMarked;
