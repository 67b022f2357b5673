package ai.kolm.cli;

import ai.kolm.artifact.Artifact;
import ai.kolm.artifact.ArtifactException;
import ai.kolm.artifact.ManifestEntry;
import ai.kolm.cli.console.Console;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.cli.console.Progress;
import ai.kolm.json.CanonicalJson;
import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonReader;
import ai.kolm.trust.ArtifactGate;
import ai.kolm.trust.Signer;
import ai.kolm.trust.TrustedArtifact;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Shows what differs between two artifacts. */
@Command(
    name = "diff",
    description = {
      "Show what differs between two artifacts: entries, fields of the manifest, signers.",
      "Digests are those that the manifests declare; kolm verify compares them with the bytes."
    })
final class DiffCommand implements Callable<Integer> {
  private static final int MAX_VALUE = 100;

  private final CommandContext context;

  @Parameters(index = "0", paramLabel = "A", description = "An artifact.")
  private String first = "";

  @Parameters(index = "1", paramLabel = "B", description = "Another.")
  private String second = "";

  DiffCommand(CommandContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException, ArtifactException, JsonException {
    ModelOpener opener = new ModelOpener(context);
    try (TrustedArtifact a = ArtifactGate.OPEN.open(opener.path(first));
        TrustedArtifact b = ArtifactGate.OPEN.open(opener.path(second))) {
      Console console = context.console();
      if (a.artifact().cid().equals(b.artifact().cid())) {
        console.line("same content  " + a.artifact().cid());
      } else {
        console.line("- " + a.artifact().cid());
        console.line("+ " + b.artifact().cid());
        entries(a.artifact(), b.artifact());
        Json manifestA = JsonReader.read(a.artifact().manifestBytes(), JsonLimits.DEFAULT);
        Json manifestB = JsonReader.read(b.artifact().manifestBytes(), JsonLimits.DEFAULT);
        fields("", manifestA, manifestB);
      }
      signers(a.signers(), b.signers());
    }
    return ExitCode.OK.number();
  }

  private void entries(Artifact a, Artifact b) {
    Set<String> names = new TreeSet<>();
    Stream.of(a, b).forEach(one -> one.entries().forEach(entry -> names.add(entry.name())));
    for (String name : names) {
      Optional<ManifestEntry> before = a.find(name);
      Optional<ManifestEntry> after = b.find(name);
      if (!before.map(ManifestEntry::digest).equals(after.map(ManifestEntry::digest))) {
        before.ifPresent(entry -> entry("-", entry));
        after.ifPresent(entry -> entry("+", entry));
      }
    }
  }

  private void entry(String sign, ManifestEntry entry) {
    context
        .console()
        .line(
            "%s entry %s  %s  %s"
                .formatted(sign, entry.name(), Progress.size(entry.size()), entry.digest()));
  }

  /** Members of objects one by one, other values as a whole; entries were shown before. */
  private void fields(String path, @Nullable Json a, @Nullable Json b) {
    if (Objects.equals(a, b) || path.equals("/entries")) {
      return;
    }
    if (a instanceof Json.Obj before && b instanceof Json.Obj after) {
      Set<String> names = new TreeSet<>(before.members().keySet());
      names.addAll(after.members().keySet());
      for (String name : names) {
        fields(path + "/" + name, before.members().get(name), after.members().get(name));
      }
      return;
    }
    field("-", path, a);
    field("+", path, b);
  }

  private void field(String sign, String path, @Nullable Json value) {
    if (value != null) {
      String text = new String(CanonicalJson.write(value), StandardCharsets.UTF_8);
      String shown = text.length() > MAX_VALUE ? text.substring(0, MAX_VALUE) + "..." : text;
      context.console().line("%s %s %s".formatted(sign, path, shown));
    }
  }

  private void signers(List<Signer> a, List<Signer> b) {
    Set<String> before = new TreeSet<>(a.stream().map(Signer::keyId).toList());
    Set<String> after = new TreeSet<>(b.stream().map(Signer::keyId).toList());
    before.stream().filter(id -> !after.contains(id)).forEach(id -> signer("-", id));
    after.stream().filter(id -> !before.contains(id)).forEach(id -> signer("+", id));
  }

  private void signer(String sign, String id) {
    context.console().line("%s signed by %s".formatted(sign, id));
  }
}
