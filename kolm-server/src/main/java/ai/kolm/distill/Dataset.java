package ai.kolm.distill;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.artifact.Sha256;
import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonReader;
import ai.kolm.json.JsonText;
import ai.kolm.trust.DurableFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Examples in parts that share no conversation and no near duplicates. Dev chooses base and epoch;
 * holdout is only measured.
 *
 * @param train to learn from
 * @param dev to choose by
 * @param holdout frozen before the first step of training
 * @param holdoutKeys of the clusters in the holdout: later data sets keep them there
 * @param clusters how many there are, in train, dev and holdout
 * @param clusterOf example and its cluster, both by the id of a record
 * @param dropped record and reason
 */
public record Dataset(
    List<Example> train,
    List<Example> dev,
    List<Example> holdout,
    List<String> holdoutKeys,
    List<Integer> clusters,
    Map<String, String> clusterOf,
    Map<String, String> dropped) {
  private static final String DESCRIPTION = "dataset.json";
  private static final JsonLimits LIMITS = JsonLimits.DEFAULT.withBytes(256 << 20);
  private static final List<String> PARTS = List.of("train.jsonl", "dev.jsonl", "holdout.jsonl");
  private static final int MIN_HOLDOUT = 60;
  private static final int MIN_TRAIN = 200;

  /** Copies the lists. */
  public Dataset {
    train = List.copyOf(train);
    dev = List.copyOf(dev);
    holdout = List.copyOf(holdout);
    holdoutKeys = List.copyOf(holdoutKeys);
    clusters = List.copyOf(clusters);
    clusterOf = Map.copyOf(clusterOf);
    dropped = new LinkedHashMap<>(dropped);
  }

  /** How many clusters are missing to train and to measure; 0: none. */
  public int missing() {
    return Math.max(0, MIN_TRAIN - clusters.get(0)) + Math.max(0, MIN_HOLDOUT - clusters.get(2));
  }

  /** All examples. */
  public int size() {
    return train.size() + dev.size() + holdout.size();
  }

  /** How many records were dropped, by reason. */
  public Map<String, Integer> droppedCounts() {
    Map<String, Integer> counts = new TreeMap<>();
    dropped.values().forEach(reason -> counts.merge(reason, 1, Integer::sum));
    return counts;
  }

  private static byte[] lines(List<Json> values) {
    StringBuilder text = new StringBuilder();
    values.forEach(value -> text.append(JsonText.of(value)).append('\n'));
    return text.toString().getBytes(UTF_8);
  }

  private static byte[] part(List<Example> examples) {
    return lines(examples.stream().<Json>map(Example::json).toList());
  }

  private static String digest(byte[] bytes) {
    return HexFormat.of().formatHex(Sha256.start().digest(bytes));
  }

  /** The SHA-256 of the holdout's file, which goes into run, provenance and evaluation. */
  public String holdoutDigest() {
    return digest(part(holdout));
  }

  /** What names this data set: a digest of its parts. */
  public String id() {
    String digests = digest(part(train)) + digest(part(dev)) + digest(part(holdout));
    return digest(digests.getBytes(UTF_8)).substring(0, 16);
  }

  /**
   * The keys of what was in the holdout of earlier data sets: it stays there.
   *
   * @param root the directory of the data sets of a namespace
   */
  public static Set<String> earlierHoldout(Path root) throws IOException {
    Set<String> keys = new TreeSet<>();
    if (!Files.isDirectory(root)) {
      return keys;
    }
    try (Stream<Path> directories = Files.list(root)) {
      for (Path directory : directories.sorted().toList()) {
        Path file = directory.resolve(DESCRIPTION);
        if (Files.exists(file)) {
          keys.addAll(
              JsonReader.readObject(Files.readAllBytes(file), LIMITS).strings("holdout_keys"));
        }
      }
      return keys;
    } catch (JsonException e) {
      throw new IOException("a data set in %s is damaged: %s".formatted(root, e.getMessage()), e);
    }
  }

  /**
   * The data sets that have one of these records as text.
   *
   * @param root the directory of the data sets of a namespace
   * @param records their ids
   */
  public static List<Path> having(Path root, Set<String> records) throws IOException {
    List<Path> found = new ArrayList<>();
    if (!Files.isDirectory(root)) {
      return found;
    }
    try (Stream<Path> directories = Files.list(root)) {
      for (Path directory : directories.sorted().toList()) {
        for (String part : PARTS) {
          Path file = directory.resolve(part);
          if (Files.exists(file) && mentions(file, records)) {
            found.add(directory);
            break;
          }
        }
      }
    }
    return found;
  }

  private static boolean mentions(Path file, Set<String> records) throws IOException {
    try (Stream<String> lines = Files.lines(file)) {
      for (String line : (Iterable<String>) lines::iterator) {
        if (records.contains(JsonReader.readObject(line.getBytes(UTF_8), LIMITS).string("id"))) {
          return true;
        }
      }
      return false;
    } catch (JsonException e) {
      throw new IOException("%s is damaged: %s".formatted(file, e.getMessage()), e);
    }
  }

  /**
   * Writes the data set; it is complete when {@code dataset.json} is there.
   *
   * @param root the directory of the data sets of a namespace
   * @param seed that decided the parts
   * @param withText whether the conversations may lie there as text; else only digests and counts
   * @return the directory of this one, named by what it contains
   */
  public Path write(Path root, long seed, boolean withText) throws IOException {
    Path directory = root.resolve(id());
    Path description = directory.resolve(DESCRIPTION);
    if (Files.exists(description)) {
      return directory;
    }
    Files.createDirectories(directory);
    if (withText) {
      DurableFile.write(directory.resolve(PARTS.get(0)), part(train));
      DurableFile.write(directory.resolve(PARTS.get(1)), part(dev));
      DurableFile.write(directory.resolve(PARTS.get(2)), part(holdout));
    }
    DurableFile.write(directory.resolve("dropped.jsonl"), lines(drops()));
    DurableFile.write(description, lines(List.of(description(seed))));
    return directory;
  }

  private List<Json> drops() {
    List<Json> drops = new ArrayList<>();
    dropped.forEach(
        (record, reason) -> {
          Map<String, Json> line = new LinkedHashMap<>();
          line.put("id", new Json.Str(record));
          line.put("reason", new Json.Str(reason));
          drops.add(new Json.Obj(line));
        });
    return drops;
  }

  /** What can be said of it without a word of its conversations. */
  public Json.Obj summary(long seed) {
    Map<String, Json> json = new LinkedHashMap<>();
    json.put("v", new Json.Int(1));
    json.put("id", new Json.Str(id()));
    json.put("seed", new Json.Int(seed));
    json.put("train_digest", new Json.Str(digest(part(train))));
    json.put("dev_digest", new Json.Str(digest(part(dev))));
    json.put("holdout_digest", new Json.Str(holdoutDigest()));
    json.put("clusters", new Json.Arr(clusters.stream().<Json>map(n -> new Json.Int(n)).toList()));
    Map<String, Json> counts = new LinkedHashMap<>();
    droppedCounts().forEach((reason, count) -> counts.put(reason, new Json.Int(count)));
    json.put("dropped", new Json.Obj(counts));
    return new Json.Obj(json);
  }

  private Json.Obj description(long seed) {
    Map<String, Json> json = new LinkedHashMap<>(summary(seed).members());
    json.put("holdout_keys", new Json.Arr(holdoutKeys.stream().<Json>map(Json.Str::new).toList()));
    return new Json.Obj(json);
  }
}
