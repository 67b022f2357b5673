package ai.kolm.cli;

import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Removes artifacts from the store. */
@Command(name = "rm", description = "Remove artifacts from ~/.kolm/artifacts.")
final class RmCommand implements Callable<Integer> {
  private final CommandContext context;

  @Parameters(arity = "1..*", paramLabel = "NAME", description = "Names, as list shows them.")
  private List<String> names = List.of();

  RmCommand(CommandContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException {
    ArtifactStore store = new ArtifactStore(context.home());
    try (ArtifactStore.Lock _ = store.lock()) {
      List<Path> files = new ArrayList<>();
      for (String name : names) {
        Path file = store.file(name);
        if (!store.list().contains(file)) {
          throw new CommandException(
              ExitCode.NOT_FOUND,
              "no artifact is called %s in %s; nothing was removed"
                  .formatted(name, context.home().artifacts()));
        }
        files.add(file);
      }
      for (Path file : files) {
        Files.deleteIfExists(file);
        context.console().line("removed " + ArtifactStore.name(file));
      }
    }
    return ExitCode.OK.number();
  }
}
