/** Where kolm keeps its files, and the settings: flag, environment, config.toml. */
@NullMarked
package ai.kolm.cli.settings;

import org.jspecify.annotations.NullMarked;
