package ai.kolm.distill;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonReader;
import ai.kolm.json.JsonText;
import ai.kolm.trust.DurableFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What is known of a run: {@code run.json}. Contains no text of conversations.
 *
 * @param namespace whose captures are learned
 * @param dataset the id of the data set
 * @param configuration a digest of the bases and the plan
 * @param state whether the artifact was written
 * @param trials that are done
 */
public record RunFile(
    String namespace, String dataset, String configuration, State state, List<Trial> trials) {
  private static final String NAME = "run.json";

  /** Whether a run is over. */
  public enum State {
    /** It was begun. */
    BEGUN,
    /** Its artifact was written. */
    DONE
  }

  /** Copies the list. */
  public RunFile {
    trials = List.copyOf(trials);
  }

  /** A run that begins. */
  public static RunFile begin(String namespace, String dataset, String configuration) {
    return new RunFile(namespace, dataset, configuration, State.BEGUN, List.of());
  }

  /** The name of its directory. */
  public String id() {
    return "%s-%s-%s".formatted(namespace, dataset.substring(0, 8), configuration.substring(0, 8));
  }

  /** The trial of a base, if it is done. */
  public Optional<Trial> find(String base, Trial.Phase phase) {
    return trials.stream()
        .filter(trial -> trial.base().equals(base) && trial.phase() == phase)
        .findFirst();
  }

  /** This with a trial more. */
  public RunFile with(Trial trial) {
    List<Trial> more = new ArrayList<>(trials);
    more.add(trial);
    return new RunFile(namespace, dataset, configuration, state, more);
  }

  /** This, over. */
  public RunFile done() {
    return new RunFile(namespace, dataset, configuration, State.DONE, trials);
  }

  /** The run in a directory, if there is one. */
  public static Optional<RunFile> read(Path directory) throws IOException {
    Path file = directory.resolve(NAME);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      JsonObject json = JsonReader.readObject(Files.readAllBytes(file), JsonLimits.DEFAULT);
      List<Trial> trials = new ArrayList<>();
      for (JsonObject trial : json.objects("trials")) {
        trials.add(Trial.read(trial));
      }
      boolean done = json.string("state").equals("done");
      return Optional.of(
          new RunFile(
              json.string("namespace"),
              json.string("dataset"),
              json.string("configuration"),
              done ? State.DONE : State.BEGUN,
              trials));
    } catch (JsonException e) {
      throw new IOException("%s: %s".formatted(file, e.getMessage()), e);
    }
  }

  /** The runs of a namespace that are not over, by directory. */
  public static Map<Path, RunFile> unfinished(Path runs, String namespace) throws IOException {
    Map<Path, RunFile> found = new LinkedHashMap<>();
    if (!Files.isDirectory(runs)) {
      return found;
    }
    try (Stream<Path> directories = Files.list(runs)) {
      for (Path directory : directories.sorted().toList()) {
        read(directory)
            .filter(run -> run.namespace().equals(namespace) && run.state() == State.BEGUN)
            .ifPresent(run -> found.put(directory, run));
      }
    }
    return found;
  }

  /** Writes it, whole or not at all. */
  public void write(Path directory) throws IOException {
    Map<String, Json> json = new LinkedHashMap<>();
    json.put("v", new Json.Int(1));
    json.put("namespace", new Json.Str(namespace));
    json.put("dataset", new Json.Str(dataset));
    json.put("configuration", new Json.Str(configuration));
    json.put("state", new Json.Str(state == State.DONE ? "done" : "begun"));
    json.put("trials", new Json.Arr(trials.stream().<Json>map(Trial::json).toList()));
    Files.createDirectories(directory);
    DurableFile.write(
        directory.resolve(NAME), (JsonText.of(new Json.Obj(json)) + "\n").getBytes(UTF_8));
  }
}
