package ai.kolm.cli;

import ai.kolm.artifact.Sha256;
import ai.kolm.cli.console.Console;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Entry of the self-contained jar. */
public final class Main {
  /** Commands that begin with a whole artifact's digest. */
  private static final Set<String> VERIFYING = Set.of("serve", "run", "chat", "verify");

  private Main() {}

  /** Runs one command and ends the process with its exit code. */
  public static void main(String[] args) {
    Logging.quiet();
    Map<String, String> environment = System.getenv();
    List<String> arguments = List.of(args);
    if (!arguments.isEmpty() && VERIFYING.contains(arguments.getFirst())) {
      Thread.ofPlatform().daemon().name("kolm-warm-up").start(Sha256::warmUp);
    }
    Console console = Console.ofProcess(environment);
    CommandContext context = new CommandContext(console, environment, Restart.of(arguments));
    int exitCode = new KolmCommand(context).run(arguments);
    console.out().flush();
    System.exit(exitCode);
  }
}
