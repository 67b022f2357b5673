package ai.kolm.distill;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.artifact.Sha256;
import ai.kolm.json.Json;
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
import java.util.TreeMap;

/**
 * Examples in parts that share no conversation and no near duplicates. Dev chooses base and epoch;
 * holdout is only measured.
 *
 * @param train to learn from
 * @param dev to choose by
 * @param holdout frozen before the first step of training
 * @param holdoutKeys of the clusters in the holdout: later data sets keep them there
 * @param clusters how many there are, in train, dev and holdout
 * @param dropped record and reason
 */
public record Dataset(
    List<Example> train,
    List<Example> dev,
    List<Example> holdout,
    List<String> holdoutKeys,
    List<Integer> clusters,
    Map<String, String> dropped) {
  private static final int MIN_HOLDOUT = 60;
  private static final int MIN_TRAIN = 200;

  /** Copies the lists. */
  public Dataset {
    train = List.copyOf(train);
    dev = List.copyOf(dev);
    holdout = List.copyOf(holdout);
    holdoutKeys = List.copyOf(holdoutKeys);
    clusters = List.copyOf(clusters);
    dropped = new LinkedHashMap<>(dropped);
  }

  /** How many clusters are missing to train and to measure; 0: none. */
  public int missing() {
    return Math.max(0, MIN_TRAIN - clusters.get(0)) + Math.max(0, MIN_HOLDOUT - clusters.get(2));
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

  /**
   * Writes the data set; it is complete when {@code dataset.json} is there.
   *
   * @param root the directory of the data sets of a namespace
   * @return the directory of this one, named by what it contains
   */
  public Path write(Path root, long seed) throws IOException {
    byte[] trainBytes = part(train);
    byte[] devBytes = part(dev);
    byte[] holdoutBytes = part(holdout);
    String id =
        digest((digest(trainBytes) + digest(devBytes) + digest(holdoutBytes)).getBytes(UTF_8))
            .substring(0, 16);
    Path directory = root.resolve(id);
    Path description = directory.resolve("dataset.json");
    if (Files.exists(description)) {
      return directory;
    }
    DurableFile.write(directory.resolve("train.jsonl"), trainBytes);
    DurableFile.write(directory.resolve("dev.jsonl"), devBytes);
    DurableFile.write(directory.resolve("holdout.jsonl"), holdoutBytes);
    List<Json> drops = new ArrayList<>();
    dropped.forEach(
        (record, reason) -> {
          Map<String, Json> line = new LinkedHashMap<>();
          line.put("id", new Json.Str(record));
          line.put("reason", new Json.Str(reason));
          drops.add(new Json.Obj(line));
        });
    DurableFile.write(directory.resolve("dropped.jsonl"), lines(drops));
    Map<String, Json> json = new LinkedHashMap<>();
    json.put("v", new Json.Int(1));
    json.put("id", new Json.Str(id));
    json.put("seed", new Json.Int(seed));
    json.put("train_digest", new Json.Str(digest(trainBytes)));
    json.put("dev_digest", new Json.Str(digest(devBytes)));
    json.put("holdout_digest", new Json.Str(digest(holdoutBytes)));
    json.put("clusters", new Json.Arr(clusters.stream().<Json>map(n -> new Json.Int(n)).toList()));
    Map<String, Json> counts = new LinkedHashMap<>();
    droppedCounts().forEach((reason, count) -> counts.put(reason, new Json.Int(count)));
    json.put("dropped", new Json.Obj(counts));
    json.put("holdout_keys", new Json.Arr(holdoutKeys.stream().<Json>map(Json.Str::new).toList()));
    DurableFile.write(description, lines(List.of(new Json.Obj(json))));
    return directory;
  }
}
