package ai.kolm.cli.settings;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a process. A flag goes before the environment, the environment before {@code
 * config.toml}, that before the default. An empty variable counts as absent. Immutable.
 */
public final class Settings {
  private final Map<String, String> environment;
  private final Path file;
  private final Map<String, ConfigFile.Entry> entries;

  private Settings(
      Map<String, String> environment, Path file, Map<String, ConfigFile.Entry> entries) {
    this.environment = environment;
    this.file = file;
    this.entries = entries;
  }

  /**
   * What a setting is, and who says so.
   *
   * @param text as it was set
   * @param origin {@code default}, {@code environment KOLM_PORT}, {@code config.toml line 3}
   */
  public record Origin(String text, String origin) {}

  /**
   * Reads {@code config.toml} of {@code home}, if there is one.
   *
   * @throws SettingException if the file is refused
   */
  public static Settings load(KolmHome home, Map<String, String> environment) throws IOException {
    Path file = home.configFile();
    return new Settings(Map.copyOf(environment), file, ConfigFile.read(file));
  }

  /** What {@code setting} is without a flag, and who says so. */
  public Origin origin(Setting<?> setting) {
    String variable = environment.getOrDefault(setting.variable(), "");
    if (!variable.isEmpty()) {
      return new Origin(variable, "environment " + setting.variable());
    }
    ConfigFile.Entry entry = entries.get(setting.key());
    return entry == null
        ? new Origin(setting.fallback(), "default")
        : new Origin(entry.text(), "%s line %d".formatted(file.getFileName(), entry.line()));
  }

  /**
   * The value of {@code setting}.
   *
   * @throws SettingException if what sets it is no such value
   */
  public <T> T get(Setting<T> setting) {
    return get(setting, null, "");
  }

  /**
   * The value of {@code setting}, where a flag can set it.
   *
   * @param flag what the flag was given; {@code null} if it was not given
   * @param name the flag
   */
  public <T> T get(Setting<T> setting, @Nullable String flag, String name) {
    if (flag != null) {
      return setting.read(flag, name);
    }
    Origin origin = origin(setting);
    return setting.read(origin.text(), setting.key() + " (" + origin.origin() + ")");
  }
}
