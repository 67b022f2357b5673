/** The tokens of a model as a trie of bytes. Knows tokens and bytes, no grammar. */
@NullMarked
package ai.kolm.grammar.vocabulary;

import org.jspecify.annotations.NullMarked;
