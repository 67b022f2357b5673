package ai.kolm.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.cli.console.Console;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.cli.console.Suggestions;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;
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
  /** Commands that tell about all commands. */
  private static final List<String> OF_ALL = List.of("help", "completion");

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
    Map<String, Function<CommandContext, Object>> commands = commands();
    // Describing a command takes picocli time that every start would pay for all the others.
    arguments.stream()
        .filter(argument -> !argument.startsWith("-"))
        .findFirst()
        .filter(name -> commands.containsKey(name) && !OF_ALL.contains(name))
        .ifPresent(name -> commands.keySet().retainAll(List.of(name)));
    return commandLine(commands).execute(arguments.toArray(String[]::new));
  }

  private static Map<String, Function<CommandContext, Object>> commands() {
    Map<String, Function<CommandContext, Object>> all = new LinkedHashMap<>();
    all.put("serve", ServeCommand::new);
    all.put("run", RunCommand::new);
    all.put("chat", ChatCommand::new);
    all.put("pull", PullCommand::new);
    all.put("pack", PackCommand::new);
    all.put("list", ListCommand::new);
    all.put("rm", RmCommand::new);
    all.put("inspect", InspectCommand::new);
    all.put("diff", DiffCommand::new);
    all.put("verify", VerifyCommand::new);
    all.put("sign", SignCommand::new);
    all.put("keys", KeysCommand::new);
    all.put("receipt", ReceiptCommand::new);
    all.put("capture", CaptureCommand::new);
    all.put("captures", CapturesCommand::new);
    all.put("anonymize", AnonymizeCommand::new);
    all.put("distill", DistillCommand::new);
    all.put("eval", EvalCommand::new);
    all.put("tokenize", TokenizeCommand::new);
    all.put("render", RenderCommand::new);
    all.put("generate", GenerateCommand::new);
    all.put("score", ScoreCommand::new);
    all.put("perplexity", PerplexityCommand::new);
    all.put("grammar", GrammarCommand::new);
    all.put("bench", BenchCommand::new);
    all.put("config", ConfigCommand::new);
    all.put("completion", CompletionCommand::new);
    all.put("help", _ -> new CommandLine.HelpCommand());
    return all;
  }

  /** The parser of the command line that knows {@code commands}. */
  private CommandLine commandLine(Map<String, Function<CommandContext, Object>> commands) {
    Console console = context.console();
    CommandLine commandLine = new CommandLine(this);
    commands.forEach((name, command) -> commandLine.addSubcommand(name, command.apply(context)));
    return commandLine
        .setOut(writer(console.out()))
        .setErr(writer(console.err()))
        .setColorScheme(
            CommandLine.Help.defaultColorScheme(
                console.styled() ? CommandLine.Help.Ansi.ON : CommandLine.Help.Ansi.OFF))
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
