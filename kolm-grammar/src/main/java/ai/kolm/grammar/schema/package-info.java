/**
 * What a JSON Schema asks of the value at one place: the scalars allowed, and the ways an object or
 * an array may go on.
 */
@NullMarked
package ai.kolm.grammar.schema;

import org.jspecify.annotations.NullMarked;
