/** Keys, signatures of artifacts, and who is trusted: what is served is what was signed. */
@NullMarked
package ai.kolm.trust;

import org.jspecify.annotations.NullMarked;
