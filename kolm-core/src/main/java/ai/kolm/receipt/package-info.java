/** Receipts: signed statements of what was asked, what was answered, and by which artifact. */
@NullMarked
package ai.kolm.receipt;

import org.jspecify.annotations.NullMarked;
