package ai.kolm.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.cli.console.Console;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.cli.console.Suggestions;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command line: all commands, and what happens to what they throw. */
@Command(
    name = "kolm",
    description = "Language models inside the JVM.",
    mixinStandardHelpOptions = true,
    scope = ScopeType.INHERIT,
    versionProvider = KolmCommand.Version.class,
    synopsisSubcommandLabel = "COMMAND",
    footer = "%nkolm help COMMAND tells more. Manual: docs/cli.md")
final class KolmCommand implements Callable<Integer> {
  private final CommandContext context;

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "Show stack traces of errors.")
  private boolean debug;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the specification
  KolmCommand(CommandContext context) {
    this.context = context;
  }

  /** Runs the command that {@code arguments} say; returns the exit code. */
  int run(List<String> arguments) {
    return commandLine().execute(arguments.toArray(String[]::new));
  }

  /** The parser of the command line. */
  CommandLine commandLine() {
    Console console = context.console();
    return new CommandLine(this)
        .addSubcommand("serve", new ServeCommand(context))
        .addSubcommand("run", new RunCommand(context))
        .addSubcommand("chat", new ChatCommand(context))
        .addSubcommand("pull", new PullCommand(context))
        .addSubcommand("pack", new PackCommand(context))
        .addSubcommand("list", new ListCommand(context))
        .addSubcommand("rm", new RmCommand(context))
        .addSubcommand("inspect", new InspectCommand(context))
        .addSubcommand("diff", new DiffCommand(context))
        .addSubcommand("verify", new VerifyCommand(context))
        .addSubcommand("sign", new SignCommand(context))
        .addSubcommand("keys", new KeysCommand(context))
        .addSubcommand("receipt", new ReceiptCommand(context))
        .addSubcommand("tokenize", new TokenizeCommand(context))
        .addSubcommand("render", new RenderCommand(context))
        .addSubcommand("generate", new GenerateCommand(context))
        .addSubcommand("score", new ScoreCommand(context))
        .addSubcommand("perplexity", new PerplexityCommand(context))
        .addSubcommand("grammar", new GrammarCommand(context))
        .addSubcommand("bench", new BenchCommand(context))
        .addSubcommand("config", new ConfigCommand(context))
        .addSubcommand("completion", new CompletionCommand(context))
        .addSubcommand("help", new CommandLine.HelpCommand())
        .setOut(writer(console.out()))
        .setErr(writer(console.err()))
        .setColorScheme(
            CommandLine.Help.defaultColorScheme(
                console.colours() && console.terminals().out()
                    ? CommandLine.Help.Ansi.ON
                    : CommandLine.Help.Ansi.OFF))
        .setUsageHelpAutoWidth(false)
        .setParameterExceptionHandler(this::refuse)
        .setExecutionExceptionHandler((e, _, _) -> fail(e));
  }

  private static PrintWriter writer(PrintStream stream) {
    return new PrintWriter(new OutputStreamWriter(stream, UTF_8), true);
  }

  /** Without a command. */
  @Override
  public Integer call() {
    spec.commandLine().usage(context.console().err());
    context.console().err().flush();
    return ExitCode.USAGE.number();
  }

  /** A command line that cannot be parsed: wrong in itself, or with a value that is refused. */
  private int refuse(ParameterException e, String[] arguments) {
    boolean value =
        e.getValue() != null
            && !(e instanceof UnmatchedArgumentException)
            && !(e instanceof MissingParameterException);
    String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    String hint = "";
    if (e instanceof UnmatchedArgumentException unmatched) {
      String first = unmatched.getUnmatched().getFirst();
      boolean command = e.getCommandLine().getParent() == null && !first.startsWith("-");
      message = "unknown %s \"%s\"".formatted(command ? "command" : "argument", first);
      hint = Suggestions.didYouMean(first, names(e.getCommandLine()));
    }
    String command = e.getCommandLine().getCommandSpec().qualifiedName();
    context
        .console()
        .tell("kolm: %s%s (%s --help shows what there is)".formatted(message, hint, command));
    return (value ? ExitCode.REFUSED : ExitCode.USAGE).number();
  }

  /** What can be typed at this place. */
  private static List<String> names(CommandLine commandLine) {
    List<String> names = new ArrayList<>(commandLine.getSubcommands().keySet());
    names.addAll(commandLine.getCommandSpec().optionsMap().keySet());
    return names;
  }

  private int fail(Throwable e) {
    if (e instanceof RestartedException restarted) {
      return restarted.exitCode();
    }
    Failure failure = Failure.of(e);
    if (debug) {
      e.printStackTrace(context.console().err());
    }
    if (!failure.message().isEmpty()) {
      context.console().tell("kolm: " + failure.message());
    }
    return failure.exitCode().number();
  }

  /** What {@code --version} shows. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Main.class.getPackage().getImplementationVersion();
      return new String[] {
        "kolm %s (Java %s, %s %s)"
            .formatted(
                version == null ? "(built from sources)" : version,
                Runtime.version(),
                System.getProperty("os.name"),
                System.getProperty("os.arch"))
      };
    }
  }
}
