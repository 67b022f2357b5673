package ai.kolm.cli;

import ai.kolm.artifact.Sha256;
import ai.kolm.chat.RunOptions;
import ai.kolm.cli.console.Console;
import ai.kolm.json.JsonReader;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Entry of the self-contained jar. */
public final class Main {
  /** Commands that begin with a whole artifact's digest. */
  private static final Set<String> VERIFYING = Set.of("serve", "run", "chat", "verify");

  private static final String LOCALE_PROVIDERS = "java.locale.providers";

  private Main() {}

  /**
   * Leaves the JVM with the root locale's formats, unless the user has chosen: the HTTP server asks
   * for all locales that the JVM has formats for, and to list those takes a third of a start.
   */
  private static void withoutLocales() {
    if (System.getProperty(LOCALE_PROVIDERS) == null) {
      System.setProperty(LOCALE_PROVIDERS, "SPI"); // of which there is none
    }
  }

  /**
   * What a command will need, and finds ready if it was not needed before: nothing depends on it.
   */
  private static void warmUp(List<String> arguments) {
    Sha256.warmUp();
    JsonReader.warmUp();
    if (!arguments.getFirst().equals("verify")) {
      boolean ignored = RunOptions.DEFAULT.wantsVectorModule(); // asks the processor
    }
    if (arguments.getFirst().equals("serve")) {
      ServerReceipts.hashBuild();
    }
  }

  /** Runs one command and ends the process with its exit code. */
  public static void main(String[] args) {
    Logging.quiet();
    Map<String, String> environment = System.getenv();
    List<String> arguments = List.of(args);
    if (!arguments.isEmpty() && arguments.getFirst().equals("serve")) {
      withoutLocales();
    }
    if (!arguments.isEmpty() && VERIFYING.contains(arguments.getFirst())) {
      Thread.ofPlatform().daemon().name("kolm-warm-up").start(() -> warmUp(arguments));
    }
    Console console = Console.ofProcess(environment);
    CommandContext context = new CommandContext(console, environment, Restart.of(arguments));
    int exitCode = new KolmCommand(context).run(arguments);
    console.out().flush();
    System.exit(exitCode);
  }
}
