package ai.kolm.distill;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.artifact.Sha256;
import ai.kolm.capture.CaptureRecord;
import ai.kolm.json.CanonicalJson;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Makes a data set of records:
 *
 * <pre>{@code
 * DatasetBuilder builder = new DatasetBuilder(seed, check, Set.of());
 * reader.scan(builder::add);
 * Dataset dataset = builder.build();
 * }</pre>
 *
 * <p>The last turn of each conversation becomes an example. Of questions that were asked more than
 * once, the answer given most often stays, then the newest. Conversations that are nearly the same
 * form clusters; whole clusters go into one part, by a hash of the seed and of what was asked
 * first, so that the same captures and seed give the same files. For one thread.
 */
public final class DatasetBuilder {
  private static final int SHARES = 1_000;
  private static final int HOLDOUT = 150;
  private static final int DEV = 250;
  private static final int STRICTER_ROWS = 2;

  private final long seed;
  private final Function<Example, Optional<String>> check;
  private final Set<String> earlierHoldout;
  private final List<Example> read = new ArrayList<>();
  private final Map<String, String> dropped = new LinkedHashMap<>();
  private final Map<String, Long> traffic = new TreeMap<>();

  /**
   * @param seed decides the parts
   * @param check says why an example cannot be learned: too long, not as the template writes it
   * @param earlierHoldout keys of clusters that earlier data sets had in their holdout
   */
  public DatasetBuilder(
      long seed, Function<Example, Optional<String>> check, Set<String> earlierHoldout) {
    this.seed = seed;
    this.check = check;
    this.earlierHoldout = Set.copyOf(earlierHoldout);
  }

  /** Adds a record; what cannot be learned from is dropped, with its reason. */
  public void add(CaptureRecord record) {
    ExampleReader.Read found = ExampleReader.read(record);
    found.example().ifPresentOrElse(this::add, () -> dropped.put(record.id(), found.dropped()));
  }

  private void add(Example example) {
    read.add(example);
    traffic.merge(example.stratum(), 1L, Long::sum);
  }

  /** How many requests of each stratum were answered, the same ones counted each time. */
  Map<String, Long> traffic() {
    return traffic;
  }

  /** How many examples there are, whatever a base makes of them: no clusters, no parts. */
  public int examples() {
    return unique(new Threads(sorted()).kept()).size();
  }

  private List<Example> sorted() {
    List<Example> sorted = new ArrayList<>(read);
    sorted.sort(Comparator.comparingLong(Example::time).thenComparing(Example::id));
    return sorted;
  }

  /**
   * The data set.
   *
   * @throws IllegalStateException if parts share near duplicates, which they never do
   */
  public Dataset build() {
    Threads threads = new Threads(sorted());
    threads.continued().forEach(id -> dropped.put(id, "continued"));
    List<Example> examples = new ArrayList<>();
    for (Example example : unique(threads.kept())) {
      Optional<String> reason = check.apply(example);
      if (reason.isPresent()) {
        dropped.put(example.id(), reason.get());
      } else {
        examples.add(example);
      }
    }
    NearDuplicates near = new NearDuplicates(examples.stream().map(Example::text).toList());
    int[] cluster = clusters(examples, threads, near);
    int[] part = parts(examples, cluster);
    near.find(
        STRICTER_ROWS,
        (a, b) -> {
          if (part[a] != part[b]) {
            throw new IllegalStateException(
                "%s and %s are nearly the same and in different parts"
                    .formatted(examples.get(a).id(), examples.get(b).id()));
          }
        });
    return dataset(examples, cluster, part);
  }

  /** One example for each question. */
  private List<Example> unique(List<Example> examples) {
    Map<String, List<Example>> byQuestion = new LinkedHashMap<>();
    for (Example example : examples) {
      byQuestion.computeIfAbsent(question(example), _ -> new ArrayList<>()).add(example);
    }
    List<Example> unique = new ArrayList<>();
    for (List<Example> same : byQuestion.values()) {
      Map<String, Integer> counts = new HashMap<>();
      same.forEach(example -> counts.merge(answer(example), 1, Integer::sum));
      Example best =
          same.stream()
              .max(
                  Comparator.<Example>comparingInt(e -> counts.getOrDefault(answer(e), 0))
                      .thenComparingLong(Example::time)
                      .thenComparing(Example::id))
              .orElse(same.getFirst());
      unique.add(best);
      same.stream()
          .filter(example -> !example.id().equals(best.id()))
          .forEach(example -> dropped.put(example.id(), "duplicate"));
    }
    return unique;
  }

  private static String question(Example example) {
    MessageDigest digest = Sha256.start();
    example.messages().forEach(message -> digest.update(Example.canonical(message)));
    example.tools().ifPresent(tools -> digest.update(CanonicalJson.write(tools)));
    example.format().ifPresent(format -> digest.update(CanonicalJson.write(format)));
    return HexFormat.of().formatHex(digest.digest());
  }

  private static String answer(Example example) {
    return new String(Example.canonical(example.answer()), UTF_8);
  }

  /** For each example the first one of its cluster. */
  private static int[] clusters(List<Example> examples, Threads threads, NearDuplicates near) {
    int[] root = new int[examples.size()];
    Arrays.setAll(root, i -> i);
    Map<Integer, Integer> conversations = new HashMap<>();
    Map<String, Integer> firstMessages = new HashMap<>();
    for (int i = 0; i < root.length; i++) {
      Integer other = conversations.putIfAbsent(threads.conversation(examples.get(i)), i);
      join(root, i, other == null ? i : other);
      // The same opening is the same key, and one key cannot be in two parts.
      Integer same = firstMessages.putIfAbsent(key(examples.get(i)), i);
      join(root, i, same == null ? i : same);
    }
    near.find((a, b) -> join(root, a, b));
    for (int i = 0; i < root.length; i++) {
      root[i] = find(root, i);
    }
    return root;
  }

  private static int find(int[] root, int i) {
    int at = i;
    while (root[at] != at) {
      root[at] = root[root[at]];
      at = root[at];
    }
    return at;
  }

  private static void join(int[] root, int a, int b) {
    int first = find(root, a);
    int second = find(root, b);
    root[Math.max(first, second)] = Math.min(first, second);
  }

  /** What of an example decides its part. */
  private static String key(Example example) {
    byte[] canonical = Example.canonical(example.firstUserMessage());
    return HexFormat.of().formatHex(Sha256.start().digest(canonical));
  }

  /** For each example 0, 1 or 2: train, dev, holdout. */
  private int[] parts(List<Example> examples, int[] cluster) {
    Set<Integer> held = new HashSet<>();
    for (int i = 0; i < cluster.length; i++) {
      if (earlierHoldout.contains(key(examples.get(i)))) {
        held.add(cluster[i]);
      }
    }
    int[] part = new int[cluster.length];
    for (int i = 0; i < part.length; i++) {
      // The first one of a cluster is its oldest: examples are in the order of their time.
      int share = share(key(examples.get(cluster[i])));
      part[i] = held.contains(cluster[i]) || share < HOLDOUT ? 2 : share < DEV ? 1 : 0;
    }
    return part;
  }

  private int share(String key) {
    MessageDigest digest = Sha256.start();
    digest.update(ByteBuffer.allocate(Long.BYTES).putLong(seed).flip());
    byte[] hash = digest.digest(key.getBytes(UTF_8));
    return (int) Long.remainderUnsigned(ByteBuffer.wrap(hash).getLong(), SHARES);
  }

  /** An order that does not depend on who asked when: the same questions train the same model. */
  private static int[] byQuestion(List<Example> examples) {
    List<String> questions = examples.stream().map(DatasetBuilder::question).toList();
    return IntStream.range(0, examples.size())
        .boxed()
        .sorted(Comparator.comparing(questions::get))
        .mapToInt(Integer::intValue)
        .toArray();
  }

  private Dataset dataset(List<Example> examples, int[] cluster, int[] part) {
    List<List<Example>> parts = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    List<Set<Integer>> clusters = List.of(new HashSet<>(), new HashSet<>(), new HashSet<>());
    List<String> keys = new ArrayList<>();
    Map<String, String> clusterOf = new LinkedHashMap<>();
    for (int i : byQuestion(examples)) {
      parts.get(part[i]).add(examples.get(i));
      clusters.get(part[i]).add(cluster[i]);
      clusterOf.put(examples.get(i).id(), examples.get(cluster[i]).id());
      if (part[i] == 2) {
        keys.add(key(examples.get(i)));
      }
    }
    return new Dataset(
        parts.get(0),
        parts.get(1),
        parts.get(2),
        keys,
        clusters.stream().map(Set::size).toList(),
        clusterOf,
        dropped);
  }
}
