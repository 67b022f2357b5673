/** The automaton that reads JSON under a schema. */
@NullMarked
package ai.kolm.grammar.json;

import org.jspecify.annotations.NullMarked;
