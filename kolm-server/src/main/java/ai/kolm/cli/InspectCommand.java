package ai.kolm.cli;

import ai.kolm.artifact.Artifact;
import ai.kolm.artifact.ArtifactException;
import ai.kolm.artifact.ArtifactLimits;
import ai.kolm.artifact.BaseModel;
import ai.kolm.artifact.Manifest;
import ai.kolm.artifact.ManifestEntry;
import ai.kolm.cli.console.Console;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.cli.console.Progress;
import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows what an artifact says about itself. */
@Command(
    name = "inspect",
    description = {
      "Show what an artifact is.",
      "Container and manifest are checked; --verify also hashes every entry."
    })
final class InspectCommand implements Callable<Integer> {
  private final CommandContext context;

  @Parameters(paramLabel = "X", description = "An artifact.")
  private String model = "";

  @Option(names = "--verify", description = "Hash all entries and compare with the manifest.")
  private boolean verify;

  @Option(names = "--json", description = "CID and manifest as one JSON object.")
  private boolean json;

  InspectCommand(CommandContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException, ArtifactException, JsonException {
    Console console = context.console();
    try (Artifact artifact =
        Artifact.open(new ModelOpener(context).path(model), ArtifactLimits.DEFAULT)) {
      if (verify) {
        verify(artifact);
      }
      if (json) {
        console.line(json(artifact));
      } else {
        show(artifact);
      }
    }
    return ExitCode.OK.number();
  }

  private void verify(Artifact artifact) throws IOException, ArtifactException {
    long bytes = artifact.entries().stream().mapToLong(ManifestEntry::size).sum();
    try (Progress progress = Progress.of(context.console(), "verifying", Math.max(1, bytes))) {
      int threads = Runtime.getRuntime().availableProcessors();
      artifact.verify(threads, (done, _) -> progress.at(done));
    }
  }

  private String json(Artifact artifact) throws JsonException {
    Map<String, Json> members = new LinkedHashMap<>();
    members.put("cid", new Json.Str(artifact.cid().text()));
    members.put("verified", new Json.Bool(verify));
    members.put("manifest", JsonReader.read(artifact.manifestBytes(), JsonLimits.DEFAULT));
    return JsonLines.text(new Json.Obj(members));
  }

  private void show(Artifact artifact) {
    Manifest manifest = artifact.manifest();
    List<String[]> rows = new ArrayList<>();
    rows.add(row("spec", Manifest.SPEC));
    rows.add(row("cid", artifact.cid().text()));
    rows.add(row("name", manifest.name()));
    rows.add(row("license", manifest.license().id()));
    manifest.model().ifPresent(base -> rows.add(row("model", describe(base))));
    rows.add(row("signed", artifact.attestations().isEmpty() ? "no" : "yes, not checked"));
    rows.add(row("entries", verify ? "all verified" : "not hashed; --verify does"));
    for (ManifestEntry entry : artifact.entries()) {
      rows.add(row("", "%s  %s".formatted(entry.name(), Progress.size(entry.size()))));
    }
    rows.forEach(
        row -> context.console().line("%-9s %s".formatted(row[0], row[1]).stripTrailing()));
  }

  private static String[] row(String key, String value) {
    return new String[] {key, value};
  }

  private static String describe(BaseModel model) {
    StringBuilder text = new StringBuilder(model.architecture());
    model
        .parameters()
        .ifPresent(count -> text.append("  ").append(Math.round(count / 1e6)).append(" M"));
    model.quantization().ifPresent(type -> text.append("  ").append(type));
    text.append("  ctx ").append(model.contextLength());
    model.base().ifPresent(base -> text.append("  base ").append(base.name()));
    return text.toString();
  }
}
