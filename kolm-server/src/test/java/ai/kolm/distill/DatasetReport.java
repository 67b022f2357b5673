package ai.kolm.distill;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.capture.CaptureRecord;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/**
 * A data set of 100,000 records (or as many as the argument says): how long it takes, twice; that
 * both are the same files; and that no conversation and no near duplicate is in two parts, looked
 * for through an index of all shingles instead of the builder's hashes. Its main method prints what
 * docs/distill.md says.
 */
final class DatasetReport {
  private DatasetReport() {}

  public static void main(String[] arguments) throws Exception {
    int count = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 100_000;
    Path root = Files.createTempDirectory("dataset");
    List<String> digests = new ArrayList<>();
    round(count, root.resolve("first"), digests);
    Dataset dataset = round(count, root.resolve("second"), digests);
    System.out.println("the same files: " + digests.get(0).equals(digests.get(1)));
    System.out.printf(
        "train %,d dev %,d holdout %,d, clusters %s, dropped %s%n",
        dataset.train().size(),
        dataset.dev().size(),
        dataset.holdout().size(),
        dataset.clusters(),
        dataset.droppedCounts());
    System.out.println("pairs that two parts share: " + shared(dataset));
  }

  private static Dataset round(int count, Path root, List<String> digests) throws Exception {
    long start = System.nanoTime();
    DatasetBuilder builder = new DatasetBuilder(20, _ -> Optional.empty(), Set.of());
    traffic(count, builder);
    Dataset dataset = builder.build();
    Path written = dataset.write(root, 20, true);
    System.out.printf(
        Locale.ROOT,
        "%,d records (making and parsing them included): %.1f s%n",
        count,
        (System.nanoTime() - start) / 1e9);
    StringBuilder digest = new StringBuilder();
    for (String file : List.of("train", "dev", "holdout", "dropped")) {
      digest.append(Arrays.hashCode(Files.readAllBytes(written.resolve(file + ".jsonl"))));
    }
    digests.add(digest.append(Files.readString(written.resolve("dataset.json"))).toString());
    return dataset;
  }

  /** A tenth repeats an earlier text nearly, behind a template; some go on with a conversation. */
  private static void traffic(int count, DatasetBuilder builder) throws JsonException {
    Random random = new Random(5);
    String[] texts = new String[count];
    for (int i = 0; i < count; i++) {
      boolean repeats = i > 10 && random.nextInt(10) == 0;
      texts[i] = repeats ? texts[random.nextInt(i)] + " w" + random.nextInt(9) : words(random, 60);
      String messages =
          "{\"role\":\"system\",\"content\":\"%s\"},{\"role\":\"user\",\"content\":\"%s\"}"
              .formatted("you are a careful clerk and say what is there", texts[i]);
      builder.add(record(2 * i, messages, "noted"));
      if (random.nextInt(10) == 0 && i + 1 < count) {
        i++;
        texts[i] = words(random, 20);
        String more =
            "%s,{\"role\":\"assistant\",\"content\":\"noted\"},{\"role\":\"user\",\"content\":\"%s\"}"
                .formatted(messages, texts[i]);
        builder.add(record(2 * i, more, "noted again"));
      }
    }
  }

  private static String words(Random random, int count) {
    StringBuilder words = new StringBuilder();
    for (int i = 0; i < count; i++) {
      words.append(i == 0 ? "w" : " w").append(random.nextInt(3_000));
    }
    return words.toString();
  }

  private static CaptureRecord record(int time, String messages, String answer)
      throws JsonException {
    String json =
        "{\"id\":\"cap_%08d\",\"t\":%d,\"state\":\"complete\",\"status\":200,\"request\":{\"messages\":[%s]},\"response\":{\"choices\":[{\"finish_reason\":\"stop\",\"message\":{\"role\":\"assistant\",\"content\":\"%s\"}}]}}"
            .formatted(time, time, messages, answer);
    return new CaptureRecord(
        JsonReader.readObject(json.getBytes(UTF_8), JsonLimits.DEFAULT).json());
  }

  /**
   * Pairs in different parts with a Jaccard similarity of at least 0.8, or the same first words.
   */
  private static int shared(Dataset dataset) {
    List<Example> all = new ArrayList<>(dataset.train());
    all.addAll(dataset.dev());
    all.addAll(dataset.holdout());
    int train = dataset.train().size();
    int dev = train + dataset.dev().size();
    NearDuplicates near = new NearDuplicates(all.stream().map(Example::text).toList());
    Map<String, List<Integer>> index = new HashMap<>();
    Set<Long> pairs = new HashSet<>();
    for (int i = 0; i < all.size(); i++) {
      for (String shingle : shingles(all.get(i).text())) {
        List<Integer> with = index.computeIfAbsent(shingle, _ -> new ArrayList<>());
        for (int other : with) {
          boolean apart = part(i, train, dev) != part(other, train, dev);
          if (apart && near.similarity(i, other) >= NearDuplicates.SIMILAR) {
            pairs.add(((long) other << 32) | i);
          }
        }
        if (with.size() < 50) {
          with.add(i);
        }
      }
    }
    return pairs.size();
  }

  private static int part(int i, int train, int dev) {
    return i < train ? 0 : i < dev ? 1 : 2;
  }

  /** Every fifth run of five words: of texts that are this similar some are the same. */
  private static Set<String> shingles(String text) {
    String[] words = text.split("\\s+", -1);
    Set<String> shingles = new HashSet<>();
    for (int i = 0; i + 5 <= words.length; i++) {
      String shingle = String.join(" ", Arrays.copyOfRange(words, i, i + 5));
      if (shingle.hashCode() % 4 == 0) {
        shingles.add(shingle);
      }
    }
    return shingles;
  }
}
