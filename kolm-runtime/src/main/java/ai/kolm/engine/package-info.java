/**
 * Continuous batching: schedule, run, postprocess.
 *
 * <h2>Determinism</h2>
 *
 * <p>The same artifact, request and seed give the same logits, bit for bit, at one of two levels:
 *
 * <dl>
 *   <dt>D0
 *   <dd>whatever the number of threads, and whether the compiler has seen the code or not. How a
 *       prompt is cut into steps, what else is in a batch and what comes from the prefix cache may
 *       move logits within the tolerance derived for the kernels
 *   <dt>D1
 *   <dd>whatever these are, too
 * </dl>
 *
 * <p>Nothing in this package has a part in it: tokens are drawn from logits by a generator that
 * counts positions, not calls, and a block of the cache holds what computing it again would give.
 * So the level is that of the kernels: those of today (scalar, vector) add every sum in an order
 * that depends on neither threads nor batch, and are D1 always. Who needs D1 whatever kernels come
 * asks for it ({@code RunOptions.deterministic}).
 */
@NullMarked
package ai.kolm.engine;

import org.jspecify.annotations.NullMarked;
