package ai.kolm.cli;

import ai.kolm.cli.console.Console;
import ai.kolm.cli.settings.KolmHome;
import ai.kolm.cli.settings.Settings;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What every command is given. For one thread at a time. */
final class CommandContext {
  private final Console console;
  private final Map<String, String> environment;
  private final KolmHome home;
  private final Restart restart;
  private @Nullable Settings settings;

  CommandContext(Console console, Map<String, String> environment, Restart restart) {
    this.console = console;
    this.environment = Map.copyOf(environment);
    this.home = KolmHome.of(environment);
    this.restart = restart;
  }

  /** The standard streams. */
  Console console() {
    return console;
  }

  /** Where the files are. */
  KolmHome home() {
    return home;
  }

  /** The way to the Vector API. */
  Restart restart() {
    return restart;
  }

  /** A variable of the environment; {@code null} if it is not set. */
  @Nullable String variable(String name) {
    return environment.get(name);
  }

  /** The settings, read at the first call: a command that needs none works with a broken file. */
  Settings settings() throws IOException {
    Settings loaded = settings;
    if (loaded == null) {
      loaded = Settings.load(home, environment);
      settings = loaded;
    }
    return loaded;
  }
}
