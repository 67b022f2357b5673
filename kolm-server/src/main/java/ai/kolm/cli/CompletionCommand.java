package ai.kolm.cli;

import ai.kolm.cli.console.ExitCode;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Writes what a shell needs to complete commands and flags. */
@Command(
    name = "completion",
    description = {
      "Print a completion script for bash and zsh.",
      "Use it with: source <(kolm completion)"
    })
final class CompletionCommand implements Callable<Integer> {
  private static final Set<String> SHELLS = Set.of("bash", "zsh");

  private final CommandContext context;

  @Spec private CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "SHELL",
      description = "bash or zsh; one script serves both.")
  private String shell = "bash";

  @SuppressWarnings("NullAway.Init") // picocli sets the specification
  CompletionCommand(CommandContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    if (!SHELLS.contains(shell)) {
      throw new ParameterException(
          spec.commandLine(), "no completion for %s; expected bash or zsh".formatted(shell));
    }
    context.console().line(AutoComplete.bash("kolm", spec.root().commandLine()));
    return ExitCode.OK.number();
  }
}
