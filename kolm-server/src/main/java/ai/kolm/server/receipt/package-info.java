/** The receipt of each answer: what of an exchange goes into it, and when it is signed. */
@NullMarked
package ai.kolm.server.receipt;

import org.jspecify.annotations.NullMarked;
