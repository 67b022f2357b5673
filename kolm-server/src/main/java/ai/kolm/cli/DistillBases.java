package ai.kolm.cli;

import ai.kolm.artifact.Artifact;
import ai.kolm.artifact.Manifest;
import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.distill.BaseLicence;
import ai.kolm.model.ModelLoader;
import ai.kolm.source.ModelFiles;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The bases that are here, opened, the smallest first. Nothing is downloaded. */
final class DistillBases implements AutoCloseable {
  /** Bases that are looked for where the user names none, and what {@code kolm pull} takes. */
  private static final Map<String, String> LADDER = ladder();

  private final List<Base> opened = new ArrayList<>();
  private final List<String> absent;

  private DistillBases(List<String> absent) {
    this.absent = List.copyOf(absent);
  }

  /**
   * A base.
   *
   * @param name that users know it by
   * @param path of its artifact
   * @param files verified
   * @param bytes of its artifact
   */
  record Base(String name, Path path, ModelFiles files, long bytes) {
    Artifact artifact() {
      return files.artifact().orElseThrow();
    }

    String cid() {
      return artifact().cid().text();
    }

    String licence() {
      Manifest.License licence = artifact().manifest().license();
      return licence.base().orElse(licence.id());
    }
  }

  private static Map<String, String> ladder() {
    Map<String, String> ladder = new LinkedHashMap<>();
    ladder.put("smollm2-135m-instruct", "smollm2-135m-instruct");
    ladder.put("qwen2.5-0.5b-instruct", "hf:Qwen/Qwen2.5-0.5B-Instruct");
    ladder.put("qwen2.5-1.5b-instruct", "hf:Qwen/Qwen2.5-1.5B-Instruct");
    ladder.put("qwen2.5-3b-instruct", "hf:Qwen/Qwen2.5-3B-Instruct");
    return ladder;
  }

  /**
   * Opens those that are here.
   *
   * @param named by the user; empty: the usual ones
   * @param accepted licences with conditions that the user has read
   * @throws CommandException if none is here, or one is no base
   */
  static DistillBases open(
      CommandContext context, TrustFlags trust, List<String> named, List<String> accepted)
      throws IOException, ModelFormatException {
    List<String> wanted = named.isEmpty() ? List.copyOf(LADDER.keySet()) : named;
    ArtifactStore store = new ArtifactStore(context.home());
    Map<String, Path> present = new LinkedHashMap<>();
    List<String> absent = new ArrayList<>();
    for (String name : wanted) {
      Optional<Path> path = find(context, store, name);
      if (path.isPresent()) {
        present.put(name, path.get());
      } else {
        absent.add(name);
      }
    }
    if (present.isEmpty()) {
      throw new CommandException(ExitCode.PREREQUISITE, "no base is here: " + remedies(absent));
    }
    DistillBases bases = new DistillBases(absent);
    boolean complete = false;
    try {
      for (Map.Entry<String, Path> one : present.entrySet()) {
        bases.add(context, trust, one.getKey(), one.getValue(), accepted);
      }
      bases.opened.sort(Comparator.comparingLong(Base::bytes));
      complete = true;
      return bases;
    } finally {
      if (!complete) {
        bases.close();
      }
    }
  }

  private static Optional<Path> find(CommandContext context, ArtifactStore store, String name)
      throws IOException, ModelFormatException {
    if (BareBase.isOne(context, name)) {
      return Optional.of(new BareBase(context, name).artifact());
    }
    Path path = context.home().expand(name);
    if (Files.isRegularFile(path)) {
      return Optional.of(path);
    }
    return isName(name) && Files.exists(store.file(name))
        ? Optional.of(store.file(name))
        : Optional.empty();
  }

  /** Names, each with the way to get it. */
  private static String remedies(List<String> names) {
    return names.stream()
        .map(
            name ->
                "%s (%s)"
                    .formatted(
                        name,
                        isName(name)
                            ? "kolm pull " + LADDER.getOrDefault(name, name)
                            : "no such file"))
        .collect(Collectors.joining(", "));
  }

  private static boolean isName(String name) {
    return !name.contains("/") && !name.contains("\\");
  }

  /** Those that are not here, and how to get them; empty: all are. */
  String missing() {
    return remedies(absent);
  }

  private void add(
      CommandContext context, TrustFlags trust, String name, Path path, List<String> accepted)
      throws IOException, ModelFormatException {
    ModelFiles files = trust.open(context, path);
    Base base = new Base(ArtifactStore.name(path), path, files, Files.size(path));
    opened.add(base);
    if (files.artifact().isEmpty()) {
      throw new CommandException(
          ExitCode.REFUSED,
          "--bases: %s is no artifact; kolm pull %s makes one of it".formatted(name, name));
    }
    Manifest manifest = base.artifact().manifest();
    ModelLoader.checkTrainable(files);
    if (files.text().chatTemplate().isEmpty()) {
      throw new CommandException(
          ExitCode.REFUSED, "--bases: %s has no chat template: it cannot chat".formatted(name));
    }
    boolean whole = manifest.model().filter(model -> model.ref().isEmpty()).isPresent();
    if (!whole || !manifest.adapters().isEmpty()) {
      throw new CommandException(
          ExitCode.REFUSED,
          "--bases: expected a model with weights of its own and without adapters: " + name);
    }
    String licence = base.licence();
    if (BaseLicence.needsConsent(licence) && !accepted.contains(licence)) {
      throw new CommandException(
          ExitCode.PREREQUISITE,
          "%s is under %s, which has conditions; having read them: --accept-license %s"
              .formatted(name, licence, licence));
    }
  }

  /** From the smallest up. */
  List<Base> all() {
    return opened;
  }

  /** The base of a name. */
  Base get(String name) {
    return opened.stream().filter(base -> base.name().equals(name)).findFirst().orElseThrow();
  }

  @Override
  public void close() {
    opened.forEach(base -> base.files().close());
  }
}
