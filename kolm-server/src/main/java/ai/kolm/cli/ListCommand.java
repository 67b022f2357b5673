package ai.kolm.cli;

import ai.kolm.cli.console.Console;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.cli.console.Progress;
import ai.kolm.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Lists the artifacts that can be named without a path. */
@Command(name = "list", description = "List the models that can be named without a path.")
final class ListCommand implements Callable<Integer> {
  private final CommandContext context;

  @Option(names = "--json", description = "One JSON object per model and line.")
  private boolean json;

  ListCommand(CommandContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException {
    Console console = context.console();
    List<Path> files = new ArtifactStore(context.home()).list();
    if (json) {
      for (Path file : files) {
        Map<String, Json> members = new LinkedHashMap<>();
        members.put("name", new Json.Str(ArtifactStore.name(file)));
        members.put("bytes", new Json.Int(Files.size(file)));
        members.put("path", new Json.Str(file.toString()));
        console.line(JsonLines.text(new Json.Obj(members)));
      }
      return ExitCode.OK.number();
    }
    if (files.isEmpty()) {
      console.tell(
          "no models in %s yet; get one with: kolm pull".formatted(context.home().artifacts()));
      return ExitCode.OK.number();
    }
    List<String[]> rows = new ArrayList<>();
    for (Path file : files) {
      rows.add(
          new String[] {
            ArtifactStore.name(file),
            Progress.size(Files.size(file)),
            Files.getLastModifiedTime(file).toString().substring(0, 10)
          });
    }
    Table.print(console, List.of("name", "size", "modified"), rows);
    return ExitCode.OK.number();
  }
}
