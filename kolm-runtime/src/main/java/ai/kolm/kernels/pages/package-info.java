/** Memory that the system gives by the page: for machine code, and for weights in huge pages. */
@NullMarked
package ai.kolm.kernels.pages;

import org.jspecify.annotations.NullMarked;
