package ai.kolm.distill;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.capture.CaptureRecord;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Data sets of made-up captures: what is dropped, what stays together, what is the same again. */
class DatasetBuilderTest {
  @TempDir private Path root;

  private static CaptureRecord record(int time, String state, String messages, String answer) {
    String json =
        "{\"id\":\"cap_%08d\",\"t\":%d,\"state\":\"%s\",\"status\":200,\"request\":{\"messages\":[%s]},\"response\":{\"choices\":[{\"finish_reason\":\"stop\",\"message\":{\"role\":\"assistant\",\"content\":\"%s\"}}]}}"
            .formatted(time, time, state, messages, answer);
    try {
      return new CaptureRecord(
          JsonReader.readObject(json.getBytes(UTF_8), JsonLimits.DEFAULT).json());
    } catch (JsonException e) {
      throw new AssertionError(json, e);
    }
  }

  private static String message(String role, String content) {
    return "{\"role\":\"%s\",\"content\":\"%s\"}".formatted(role, content);
  }

  private static String words(Random random, int count) {
    return random.ints(count, 0, 3_000).mapToObj(i -> "w" + i).collect(Collectors.joining(" "));
  }

  private static Dataset build(List<CaptureRecord> records, long seed, Set<String> held) {
    DatasetBuilder builder = new DatasetBuilder(seed, _ -> Optional.empty(), held);
    records.forEach(builder::add);
    return builder.build();
  }

  @Test
  void onlyTheLastTurnIsKeptAndEarlierAnswersAreLearned() {
    String first = message("user", "one");
    String second = first + "," + message("assistant", "two") + "," + message("user", "three");
    Dataset dataset =
        build(
            List.of(
                record(1, "complete", first, "two"),
                record(2, "complete", second, "four"),
                record(
                    3,
                    "complete",
                    second + "," + message("assistant", "four") + "," + message("user", "five"),
                    "six"),
                record(4, "error", message("user", "x"), "y"),
                record(5, "complete", message("user", "z"), " ")),
            1,
            Set.of());
    List<Example> all =
        Stream.of(dataset.train(), dataset.dev(), dataset.holdout()).flatMap(List::stream).toList();
    assertEquals(1, all.size());
    assertEquals(List.of(1, 3), all.getFirst().learned());
    assertEquals("{continued=2, empty answer=1, error=1}", dataset.droppedCounts().toString());
    assertTrue(dataset.missing() >= 200 + 60 - 1, "far too few");
  }

  @Test
  void theAnswerGivenMostOftenStays() {
    String ask = message("user", "same question");
    Dataset dataset =
        build(
            List.of(
                record(1, "complete", ask, "right"),
                record(2, "complete", ask, "right"),
                record(3, "complete", ask, "wrong")),
            1,
            Set.of());
    Example kept =
        Stream.of(dataset.train(), dataset.dev(), dataset.holdout())
            .flatMap(List::stream)
            .findFirst()
            .orElseThrow();
    assertEquals("cap_00000002", kept.id());
    assertEquals("{duplicate=2}", dataset.droppedCounts().toString());
  }

  /** Ten of each hundred nearly repeat an earlier one, behind a template that all share. */
  private static List<CaptureRecord> traffic(int count) {
    Random random = new Random(5);
    String template = words(new Random(1), 40);
    String[] texts = new String[count];
    CaptureRecord[] records = new CaptureRecord[count];
    for (int i = 0; i < count; i++) {
      boolean repeats = i > 10 && random.nextInt(10) == 0;
      texts[i] = repeats ? texts[random.nextInt(i)] + " w" + random.nextInt(9) : words(random, 60);
      records[i] =
          record(
              i,
              "complete",
              message("system", template) + "," + message("user", texts[i]),
              "noted, thank you");
    }
    return List.of(records);
  }

  @Test
  void partsShareNothingAndAreTheSameAgain() throws Exception {
    List<CaptureRecord> records = traffic(1_500);
    Dataset dataset = build(records, 20, Set.of());
    List<List<Example>> parts = List.of(dataset.train(), dataset.dev(), dataset.holdout());
    int total = parts.stream().mapToInt(List::size).sum();
    assertEquals(1_500, total + dataset.dropped().size());
    int clusters = dataset.clusters().stream().mapToInt(Integer::intValue).sum();
    assertTrue(clusters < total - 50, clusters + " clusters of " + total);
    assertEquals(0.15, dataset.holdout().size() / (double) total, 0.04);
    assertEquals(0.10, dataset.dev().size() / (double) total, 0.04);
    // Every pair between parts, compared without any hash of the builder.
    List<Example> all = parts.stream().flatMap(List::stream).toList();
    NearDuplicates near = new NearDuplicates(all.stream().map(Example::text).toList());
    int train = dataset.train().size();
    for (int i = 0; i < train; i++) {
      for (int j = train; j < all.size(); j++) {
        assertTrue(near.similarity(i, j) < NearDuplicates.SIMILAR);
      }
    }
    Path first = dataset.write(root.resolve("a"), 20, true);
    Path second = build(records, 20, Set.of()).write(root.resolve("b"), 20, true);
    assertEquals(first.getFileName(), second.getFileName());
    for (String file :
        List.of("train.jsonl", "dev.jsonl", "holdout.jsonl", "dropped.jsonl", "dataset.json")) {
      assertArrayEquals(
          Files.readAllBytes(first.resolve(file)), Files.readAllBytes(second.resolve(file)));
    }
  }

  @Test
  void whatWasHeldOutStaysHeldOut() {
    List<CaptureRecord> records = traffic(800);
    Dataset early = build(records.subList(0, 500), 20, Set.of());
    Dataset late = build(records, 21, Set.copyOf(early.holdoutKeys()));
    Set<String> held =
        late.holdout().stream().map(Example::id).collect(Collectors.toCollection(HashSet::new));
    late.dropped().keySet().forEach(held::add);
    for (Example example : early.holdout()) {
      assertTrue(held.contains(example.id()), example.id());
    }
  }
}
