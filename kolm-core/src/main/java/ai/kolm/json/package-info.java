/** Strict JSON as plain values. */
@NullMarked
package ai.kolm.json;

import org.jspecify.annotations.NullMarked;
