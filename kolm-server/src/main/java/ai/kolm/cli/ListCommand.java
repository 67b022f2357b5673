package ai.kolm.cli;

import ai.kolm.artifact.Artifact;
import ai.kolm.artifact.ArtifactException;
import ai.kolm.artifact.ManifestEntry;
import ai.kolm.cli.console.Console;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.cli.console.Progress;
import ai.kolm.json.Json;
import ai.kolm.trust.ArtifactGate;
import ai.kolm.trust.TrustedArtifact;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Lists the artifacts that can be named without a path. */
@Command(
    name = "list",
    description = {
      "List the models that can be named without a path.",
      "And which of them serve would refuse, and why; without --verify as far as that shows",
      "without hashing them."
    })
final class ListCommand implements Callable<Integer> {
  private final CommandContext context;

  @Option(names = "--json", description = "One JSON object per model and line.")
  private boolean json;

  @Option(names = "--verify", description = "Hash all of them, too.")
  private boolean verify;

  @Mixin private final TrustFlags trust = new TrustFlags();

  ListCommand(CommandContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException {
    Console console = context.console();
    List<Path> files = new ArtifactStore(context.home()).list();
    if (files.isEmpty() && !json) {
      console.tell(
          "no models in %s yet; get one with: kolm pull".formatted(context.home().artifacts()));
      return ExitCode.OK.number();
    }
    ArtifactGate gate = trust.gate(context);
    List<String[]> rows = new ArrayList<>();
    for (Path file : files) {
      State state = state(gate, file);
      if (json) {
        console.line(JsonLines.text(state.toJson(file)));
      } else {
        rows.add(
            new String[] {
              ArtifactStore.name(file),
              Progress.size(Files.size(file)),
              Files.getLastModifiedTime(file).toString().substring(0, 10),
              state.text()
            });
      }
    }
    if (!json) {
      Table.print(console, List.of("name", "size", "modified", "state"), rows);
    }
    return ExitCode.OK.number();
  }

  /**
   * What {@code serve} would do with an artifact, as far as was looked.
   *
   * @param verdict {@code trusted}, {@code unknown-signer} or {@code unsigned}; {@code refused}
   * @param code why it is refused; else empty
   * @param reason the same, for people
   * @param cid empty if it is refused
   */
  private record State(String verdict, String code, String reason, String cid) {
    String text() {
      return code.isEmpty() ? verdict : "refused: " + reason;
    }

    Json.Obj toJson(Path file) throws IOException {
      Map<String, Json> members = new LinkedHashMap<>();
      members.put("name", new Json.Str(ArtifactStore.name(file)));
      members.put("bytes", new Json.Int(Files.size(file)));
      members.put("path", new Json.Str(file.toString()));
      members.put("trust", new Json.Str(verdict));
      put(members, "code", code);
      put(members, "reason", reason);
      put(members, "cid", cid);
      return new Json.Obj(members);
    }

    private static void put(Map<String, Json> members, String name, String value) {
      if (!value.isEmpty()) {
        members.put(name, new Json.Str(value));
      }
    }
  }

  private State state(ArtifactGate gate, Path file) {
    try (TrustedArtifact opened = gate.open(file)) {
      if (verify) {
        verify(opened.artifact(), ArtifactStore.name(file));
      }
      return new State(opened.verdict().id(), "", "", opened.artifact().cid().text());
    } catch (ArtifactException e) {
      String prefix = file.getFileName() + ": ";
      String reason = String.valueOf(e.getMessage());
      return new State(
          "refused",
          e.code().id(),
          reason.startsWith(prefix) ? reason.substring(prefix.length()) : reason,
          "");
    } catch (IOException e) {
      return new State("refused", "unreadable", "cannot be read", "");
    }
  }

  private void verify(Artifact artifact, String name) throws IOException, ArtifactException {
    long bytes = artifact.entries().stream().mapToLong(ManifestEntry::size).sum();
    try (Progress progress =
        Progress.of(context.console(), "verifying " + name, Math.max(1, bytes))) {
      artifact.verify(Runtime.getRuntime().availableProcessors(), (done, _) -> progress.at(done));
    }
  }
}
