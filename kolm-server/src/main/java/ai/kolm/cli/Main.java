package ai.kolm.cli;

import ai.kolm.cli.console.Console;
import java.util.List;
import java.util.Map;

/** Entry of the self-contained jar. */
public final class Main {
  private Main() {}

  /** Runs one command and ends the process with its exit code. */
  public static void main(String[] args) {
    Logging.quiet();
    Map<String, String> environment = System.getenv();
    List<String> arguments = List.of(args);
    Console console = Console.ofProcess(environment);
    CommandContext context = new CommandContext(console, environment, Restart.of(arguments));
    int exitCode = new KolmCommand(context).run(arguments);
    console.out().flush();
    System.exit(exitCode);
  }
}
