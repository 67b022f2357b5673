package ai.kolm.cli;

import ai.kolm.artifact.Artifact;
import ai.kolm.artifact.ArtifactException;
import ai.kolm.artifact.BaseModel;
import ai.kolm.artifact.DraftModel;
import ai.kolm.artifact.Manifest;
import ai.kolm.artifact.ManifestEntry;
import ai.kolm.cli.console.Console;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.cli.console.Progress;
import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonReader;
import ai.kolm.trust.ArtifactGate;
import ai.kolm.trust.Signer;
import ai.kolm.trust.TrustPolicy;
import ai.kolm.trust.TrustedArtifact;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
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
    // Shown whoever signed it, or nobody; a signature that is wrong is refused all the same.
    ArtifactGate gate =
        new ArtifactGate(
            new UserTrust(context).store(), TrustPolicy.UNSIGNED_OK, InstantSource.system());
    try (TrustedArtifact opened = gate.open(new ModelOpener(context).path(model))) {
      if (verify) {
        verify(opened.artifact());
      }
      if (json) {
        console.line(json(opened));
      } else {
        show(opened);
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

  private String json(TrustedArtifact opened) throws JsonException {
    Artifact artifact = opened.artifact();
    Map<String, Json> members = new LinkedHashMap<>();
    members.put("cid", new Json.Str(artifact.cid().text()));
    members.put("verified", new Json.Bool(verify));
    members.put("trust", new Json.Str(opened.verdict().id()));
    List<Json> signers = new ArrayList<>();
    for (Signer signer : opened.signers()) {
      signers.add(
          new Json.Obj(
              Map.of(
                  "keyid", new Json.Str(signer.keyId()),
                  "status", new Json.Str(signer.status().id()))));
    }
    members.put("signers", new Json.Arr(signers));
    members.put("productionReady", new Json.Bool(opened.productionReady()));
    members.put("manifest", JsonReader.read(artifact.manifestBytes(), JsonLimits.DEFAULT));
    return JsonLines.text(new Json.Obj(members));
  }

  private void show(TrustedArtifact opened) {
    Artifact artifact = opened.artifact();
    Manifest manifest = artifact.manifest();
    List<String[]> rows = new ArrayList<>();
    rows.add(row("spec", Manifest.SPEC));
    rows.add(row("cid", artifact.cid().text()));
    rows.add(row("name", manifest.name()));
    manifest.version().ifPresent(version -> rows.add(row("version", version)));
    rows.add(row("task", describe(manifest.task())));
    rows.add(row("license", manifest.license().id()));
    manifest.model().ifPresent(base -> rows.add(row("model", describe(base))));
    rows.add(row("template", manifest.chatTemplate().orElse("that of the weights, if any")));
    manifest
        .adapters()
        .forEach(
            one ->
                rows.add(
                    row(
                        "adapter",
                        "%s  rank %d%s"
                            .formatted(
                                one.name(), one.rank(), one.byDefault() ? "  default" : ""))));
    manifest.draft().ifPresent(draft -> rows.add(row("draft", describe(draft))));
    manifest
        .evals()
        .ifPresent(evals -> rows.add(row("evals", evals.count() + " in " + evals.entry())));
    if (opened.signers().isEmpty()) {
      rows.add(row("signed", "no"));
    }
    for (Signer signer : opened.signers()) {
      String name = signer.name().map(text -> " (" + text + ")").orElse("");
      rows.add(row("signed", signer.keyId() + " " + signer.status().id() + name));
    }
    rows.add(row("ready", opened.productionReady() ? "yes" : "no signed evaluation that passed"));
    rows.add(row("entries", verify ? "all verified" : "not hashed; --verify does"));
    rows.forEach(
        row -> context.console().line("%-9s %s".formatted(row[0], row[1]).stripTrailing()));
    tree(artifact);
  }

  /** Entries under their folders; names are in order, so a folder is named once. */
  private void tree(Artifact artifact) {
    String folder = "";
    for (ManifestEntry entry : artifact.entries()) {
      int slash = entry.name().lastIndexOf('/');
      String parent = slash < 0 ? "" : entry.name().substring(0, slash + 1);
      if (!parent.equals(folder) && !parent.isEmpty()) {
        context.console().line("  " + parent);
      }
      folder = parent;
      String indent = parent.isEmpty() ? "  " : "    ";
      context
          .console()
          .line(
              "%s%-28s %8s  %s"
                  .formatted(
                      indent,
                      entry.name().substring(slash + 1),
                      Progress.size(entry.size()),
                      entry.role().name().toLowerCase(Locale.ROOT)));
    }
  }

  private static String[] row(String key, String value) {
    return new String[] {key, value};
  }

  private static String describe(Manifest.Task task) {
    StringBuilder text = new StringBuilder(task.kind().name().toLowerCase(Locale.ROOT));
    task.namespace().ifPresent(name -> text.append("  ").append(name));
    task.languages().forEach(language -> text.append("  ").append(language));
    task.tags().forEach(tag -> text.append("  #").append(tag));
    task.description().ifPresent(words -> text.append("  ").append(words));
    return text.toString();
  }

  private static String describe(DraftModel draft) {
    return draft
        .ref()
        .map(reference -> reference.cid().text())
        .orElseGet(() -> String.join(", ", draft.weights()));
  }

  private static String describe(BaseModel model) {
    StringBuilder text = new StringBuilder(model.architecture());
    model
        .parameters()
        .ifPresent(count -> text.append("  ").append(Math.round(count / 1e6)).append(" M"));
    model.quantization().ifPresent(type -> text.append("  ").append(type));
    text.append("  ctx ").append(model.contextLength());
    model.ref().ifPresent(ref -> text.append("  weights of ").append(ref.cid()));
    model.base().ifPresent(base -> text.append("  base ").append(base.name()));
    return text.toString();
  }
}
