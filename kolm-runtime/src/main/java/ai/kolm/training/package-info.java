/** Training LoRA adapters beside frozen, quantised models. */
@NullMarked
package ai.kolm.training;

import org.jspecify.annotations.NullMarked;
