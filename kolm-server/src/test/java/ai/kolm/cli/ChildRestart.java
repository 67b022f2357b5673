package ai.kolm.cli;

import ai.kolm.cli.console.Console;
import java.util.List;
import java.util.Map;

/** {@link Main}, but where a process cannot be replaced. */
final class ChildRestart {
  private ChildRestart() {}

  public static void main(String[] args) {
    Map<String, String> environment = System.getenv();
    List<String> arguments = List.of(args);
    Console console = Console.ofProcess(environment);
    CommandContext context =
        new CommandContext(console, environment, new Restart(arguments, false));
    System.exit(new KolmCommand(context).run(arguments));
  }
}
