package ai.kolm.cli.pack;

import ai.kolm.artifact.ContentEntry;
import ai.kolm.artifact.EntryData;
import ai.kolm.artifact.EntryRole;
import ai.kolm.artifact.Manifest;
import ai.kolm.artifact.ManifestBuilder;
import java.util.List;
import java.util.Optional;

/**
 * What is packed along with a model, and what its manifest says of its use.
 *
 * @param kind of task; absent: what models like it are for
 * @param namespace the task it belongs to
 * @param description of the task, for people
 * @param languages two or three letters each
 * @param tags for people
 * @param version of the model, for people
 * @param evals cases to judge it by
 */
public record Enclosures(
    Optional<Manifest.Task.Kind> kind,
    Optional<String> namespace,
    Optional<String> description,
    List<String> languages,
    List<String> tags,
    Optional<String> version,
    Optional<Cases> evals) {
  private static final String EVALS = "evals.jsonl";

  /**
   * Cases of an evaluation.
   *
   * @param lines as {@code kolm eval} reads them
   * @param count how many there are
   */
  public record Cases(byte[] lines, int count) {}

  /** Copies the lists. */
  public Enclosures {
    languages = List.copyOf(languages);
    tags = List.copyOf(tags);
  }

  /**
   * What the artifact is for.
   *
   * @param otherwise the kind of task where nobody says it
   */
  Manifest.Task task(Manifest.Task.Kind otherwise) {
    return new Manifest.Task(kind.orElse(otherwise), namespace, description, languages, tags);
  }

  /** The entries that come to those of the model. */
  List<ContentEntry> entries() {
    return evals.stream()
        .map(cases -> new ContentEntry(EVALS, EntryRole.EVALS, EntryData.of(cases.lines())))
        .toList();
  }

  /** Says in the manifest what there is. */
  void describe(ManifestBuilder manifest) {
    version.ifPresent(manifest::version);
    evals.ifPresent(
        cases -> manifest.evals(new Manifest.Evals(EVALS, cases.count(), Optional.empty())));
  }
}
