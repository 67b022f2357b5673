/**
 * The OpenAI schema as records: requests read from JSON, responses written as JSON. Nothing here
 * knows HTTP.
 */
@NullMarked
package ai.kolm.server.wire;

import org.jspecify.annotations.NullMarked;
