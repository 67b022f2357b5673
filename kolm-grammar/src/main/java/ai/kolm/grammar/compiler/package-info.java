/** Where grammars come from: JSON Schema, regular expressions, lists, context-free grammars. */
@NullMarked
package ai.kolm.grammar.compiler;

import org.jspecify.annotations.NullMarked;
