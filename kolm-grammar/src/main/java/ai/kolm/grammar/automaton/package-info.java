/** What an automaton over the bytes of an answer has to offer, so that masks can be made of it. */
@NullMarked
package ai.kolm.grammar.automaton;

import org.jspecify.annotations.NullMarked;
