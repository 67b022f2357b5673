package ai.kolm.cli;

import ai.kolm.cli.console.Console;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.cli.settings.Setting;
import ai.kolm.cli.settings.Settings;
import ai.kolm.json.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Lists the settings, with their values and where these come from. */
@Command(
    name = "config",
    description = {
      "List the settings: key, value, origin.",
      "A flag goes before the environment, the environment before config.toml."
    })
final class ConfigCommand implements Callable<Integer> {
  private final CommandContext context;

  @Option(names = "--json", description = "One JSON object per setting and line.")
  private boolean json;

  ConfigCommand(CommandContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException {
    Settings settings = context.settings();
    Console console = context.console();
    if (json) {
      Setting.ALL.forEach(setting -> console.line(json(setting, settings.origin(setting))));
      return ExitCode.OK.number();
    }
    console.line("# " + context.home().configFile());
    List<String[]> rows = new ArrayList<>();
    for (Setting<?> setting : Setting.ALL) {
      Settings.Origin origin = settings.origin(setting);
      rows.add(
          new String[] {
            setting.key(),
            "\"" + origin.text() + "\"",
            origin.origin(),
            setting.variable(),
            setting.meaning()
          });
    }
    Table.print(console, List.of("key", "value", "origin", "variable", "meaning"), rows);
    for (Setting<?> setting : Setting.ALL) {
      Object _ = settings.get(setting); // refuses what is no value
    }
    return ExitCode.OK.number();
  }

  private static String json(Setting<?> setting, Settings.Origin origin) {
    Map<String, Json> members = new LinkedHashMap<>();
    members.put("key", new Json.Str(setting.key()));
    members.put("value", new Json.Str(origin.text()));
    members.put("origin", new Json.Str(origin.origin()));
    members.put("variable", new Json.Str(setting.variable()));
    members.put("default", new Json.Str(setting.fallback()));
    members.put("meaning", new Json.Str(setting.meaning()));
    return JsonLines.text(new Json.Obj(members));
  }
}
