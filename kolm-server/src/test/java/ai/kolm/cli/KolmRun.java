package ai.kolm.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.cli.console.Console;
import ai.kolm.reference.ReferenceData;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A command that was run in this process, with streams and an environment of its own.
 *
 * @param exitCode how it ended
 * @param out what it wrote to the standard output
 * @param err what it wrote to the standard error
 */
record KolmRun(int exitCode, String out, String err) {

  /** The tiny model with a chat template that is committed with the tests of the runtime. */
  static Path chatModel() {
    return ReferenceData.projectRoot()
        .resolve("kolm-runtime/src/test/resources/golden/tiny-models/chat/chat.gguf");
  }

  /** Runs a command with {@code input} on its standard input. */
  static KolmRun of(Path home, Map<String, String> variables, String input, String... arguments) {
    Map<String, String> environment = new HashMap<>(variables);
    environment.putIfAbsent("HOME", home.toString());
    environment.putIfAbsent("KOLM_HOME", home.resolve("kolm").toString());
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Console console =
        new Console(
            new ByteArrayInputStream(input.getBytes(UTF_8)),
            new PrintStream(out, false, UTF_8),
            new PrintStream(err, false, UTF_8),
            new Console.Terminals(false, false, false),
            true);
    List<String> list = List.of(arguments);
    CommandContext context = new CommandContext(console, environment, Restart.of(list));
    int exitCode = new KolmCommand(context).run(list);
    console.out().flush();
    console.err().flush();
    return new KolmRun(exitCode, out.toString(UTF_8), err.toString(UTF_8));
  }

  /** What a server that is started in this process runs in: nobody hears what it says. */
  static CommandContext serving(Path home) {
    Console console =
        new Console(
            new ByteArrayInputStream(new byte[0]),
            new PrintStream(new ByteArrayOutputStream(), false, UTF_8),
            new PrintStream(new ByteArrayOutputStream(), false, UTF_8),
            new Console.Terminals(false, false, false),
            false);
    Map<String, String> environment =
        Map.of("HOME", home.toString(), "KOLM_HOME", home.resolve("kolm").toString());
    return new CommandContext(console, environment, Restart.of(List.of("serve")));
  }

  /** Runs a command without input and variables. */
  static KolmRun of(Path home, String... arguments) {
    return of(home, Map.of(), "", arguments);
  }
}
