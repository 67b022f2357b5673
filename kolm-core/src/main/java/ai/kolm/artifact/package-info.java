/** The .kolm container: reader, writer, manifest, digests, content identifier. */
@NullMarked
package ai.kolm.artifact;

import org.jspecify.annotations.NullMarked;
