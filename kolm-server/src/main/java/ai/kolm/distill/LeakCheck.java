package ai.kolm.distill;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.artifact.Artifact;
import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonReader;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Whether a model was trained on what it is asked in an evaluation: looks for questions that are
 * nearly the same as one of the part to train with. That part lies in the data sets of whoever has
 * distilled it; where it does not, nothing can be said.
 */
public final class LeakCheck {
  private static final String TRAIN = "train.jsonl";

  private LeakCheck() {}

  /**
   * How many questions were trained on.
   *
   * @param artifact whose provenance names a data set, or does not
   * @param datasets the directory of all data sets, by namespace
   * @param questions the messages of each case
   * @return empty if it was not distilled here, or its data set has no text
   */
  public static Optional<Integer> leaks(
      Artifact artifact, Path datasets, List<List<Json>> questions) throws IOException {
    Optional<Path> train = train(artifact, datasets);
    if (train.isEmpty()) {
      return Optional.empty();
    }
    List<String> texts = new ArrayList<>();
    try (Stream<String> lines = Files.lines(train.get())) {
      for (String line : (Iterable<String>) lines::iterator) {
        texts.add(
            Example.text(
                JsonReader.readObject(line.getBytes(UTF_8), JsonLimits.DEFAULT).array("messages")));
      }
    } catch (JsonException e) {
      throw new IOException("%s is damaged: %s".formatted(train.get(), e.getMessage()), e);
    }
    int first = texts.size();
    questions.forEach(question -> texts.add(Example.text(question)));
    Set<Integer> leaks = new HashSet<>();
    new NearDuplicates(texts)
        .find(
            (a, b) -> {
              if (a < first && b >= first) {
                leaks.add(b);
              }
            });
    return Optional.of(leaks.size());
  }

  /** The namespace that an artifact was distilled from, where its data set is here. */
  public static Optional<String> namespace(Artifact artifact, Path datasets) throws IOException {
    return train(artifact, datasets).map(train -> datasets.relativize(train).getName(0).toString());
  }

  private static Optional<Path> train(Artifact artifact, Path datasets) throws IOException {
    Optional<String> entry = artifact.manifest().provenance();
    if (entry.isEmpty() || !Files.isDirectory(datasets)) {
      return Optional.empty();
    }
    byte[] provenance = artifact.entry(entry.get()).toArray(ValueLayout.JAVA_BYTE);
    String id;
    try {
      id = JsonReader.readObject(provenance, JsonLimits.DEFAULT).object("dataset").string("id");
    } catch (JsonException e) {
      return Optional.empty(); // of another maker: its form is its own
    }
    if (!id.matches("[0-9a-f]{16}")) {
      return Optional.empty();
    }
    try (Stream<Path> namespaces = Files.list(datasets)) {
      return namespaces
          .sorted()
          .map(namespace -> namespace.resolve(id).resolve(TRAIN))
          .filter(Files::isRegularFile)
          .findFirst();
    }
  }
}
