package ai.kolm.benchmarks;

import ai.kolm.artifact.Artifact;
import ai.kolm.artifact.ArtifactLimits;
import ai.kolm.artifact.ManifestEntry;
import ai.kolm.artifact.Verification;
import ai.kolm.kernels.KernelSelection;
import ai.kolm.model.DecoderModel;
import ai.kolm.model.ModelLoader;
import ai.kolm.model.ModelOptions;
import ai.kolm.source.ModelFiles;
import ai.kolm.trust.ArtifactGate;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * What the verification of an artifact adds to the loading of its model.
 *
 * <pre>{@code
 * java --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED \
 *     -cp benchmarks/target/benchmarks.jar ai.kolm.benchmarks.ArtifactLoading ARTIFACT ROUNDS
 * }</pre>
 *
 * <p>Compares an artifact with a bare copy of its weights, which is loaded without being hashed:
 * with both in the page cache, and with neither (the cache is emptied of them by GNU {@code dd};
 * Linux only). Rounds of both take turns. The rate of SHA-256 is that of two threads that each hash
 * 1 MiB of the heap again and again: no pass over the same bytes can be faster.
 */
public final class ArtifactLoading {
  private static final int THREADS = 2;
  private static final int BLOCK = 1 << 20;
  private static final int WARM_UP = 8;
  private static final double MILLION = 1e6;

  /** As little beside the weights as there can be. */
  private static final ModelOptions OPTIONS = ModelOptions.exact(64, 1, 1);

  private final Path artifact;
  private final Path bare;
  private final int rounds;

  private ArtifactLoading(Path artifact, Path bare, int rounds) {
    this.artifact = artifact;
    this.bare = bare;
    this.rounds = rounds;
  }

  /** See above. */
  public static void main(String[] arguments) throws Exception {
    Path artifact = Path.of(arguments[0]);
    Path bare = Files.createTempFile(artifact.toAbsolutePath().getParent(), "bare", ".gguf");
    try {
      long bytes = copyWeights(artifact, bare);
      new ArtifactLoading(artifact, bare, Integer.parseInt(arguments[1])).run(bytes);
    } finally {
      Files.delete(bare);
    }
  }

  private static long copyWeights(Path artifact, Path to) throws Exception {
    try (Artifact opened = Artifact.open(artifact, ArtifactLimits.DEFAULT)) {
      String name = opened.manifest().model().orElseThrow().weights().getFirst();
      Files.write(to, opened.entry(name).toArray(ValueLayout.JAVA_BYTE));
      return opened.entries().stream().mapToLong(ManifestEntry::size).sum();
    }
  }

  private void run(long bytes) throws Exception {
    for (int i = 0; i < WARM_UP; i++) {
      load(artifact);
      load(bare);
      verify();
      hash(bytes);
    }
    double[] heap = new double[rounds];
    double[] pass = new double[rounds];
    double[] whole = new double[rounds];
    for (int i = 0; i < rounds; i++) {
      heap[i] = hash(bytes);
      Verified verified = verify();
      pass[i] = verified.hashing();
      whole[i] = verified.whole();
    }
    double sha = middle(heap);
    System.out.printf("content %,d bytes, %d threads, medians of %d%n", bytes, THREADS, rounds);
    System.out.printf("SHA-256 of the heap   %7.1f ms  %.2f GB/s%n", sha, bytes / sha / MILLION);
    print("entries verified", middle(pass), sha, bytes);
    print("opened, that, closed", middle(whole), sha, bytes);
    compare("in the page cache", () -> {});
    compare("from the disk", this::dropCaches);
  }

  private static void print(String what, double millis, double sha, long bytes) {
    System.out.printf(
        "%-21s %7.1f ms  %.2f GB/s, %.0f %% of it%n",
        what, millis, bytes / millis / MILLION, 100 * sha / millis);
  }

  private interface Step {
    void run() throws Exception;
  }

  private void compare(String what, Step before) throws Exception {
    double[] signed = new double[rounds];
    double[] plain = new double[rounds];
    double[] tokenizer = new double[rounds];
    for (int i = 0; i < rounds; i++) {
      before.run();
      signed[i] = load(artifact);
      before.run();
      plain[i] = load(bare);
      before.run();
      tokenizer[i] = open(bare);
    }
    System.out.printf(
        "load %-17s %7.1f ms verified, %.1f ms unverified (%.1f of it before packing): %+.1f %%%n",
        what,
        middle(signed),
        middle(plain),
        middle(tokenizer),
        100 * (middle(signed) / middle(plain) - 1));
  }

  private static double middle(double[] millis) {
    double[] sorted = millis.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  private static double since(long started) {
    return (System.nanoTime() - started) / MILLION;
  }

  /**
   * Times in milliseconds.
   *
   * @param hashing from the start of the threads to the last digest
   * @param whole with opening and closing
   */
  private record Verified(double hashing, double whole) {}

  private Verified verify() throws Exception {
    double hashing;
    long started = System.nanoTime();
    try (Artifact opened = Artifact.open(artifact, ArtifactLimits.DEFAULT)) {
      List<String> names = opened.entries().stream().map(ManifestEntry::name).toList();
      long hashed = System.nanoTime();
      try (Verification verification = opened.startVerification(names, THREADS)) {
        verification.finish();
      }
      hashing = since(hashed);
    }
    return new Verified(hashing, since(started));
  }

  /** Reads description and tokenizer only. */
  private static double open(Path path) throws Exception {
    long started = System.nanoTime();
    try (ModelFiles files = ModelFiles.open(path)) {
      files.id();
      return since(started);
    }
  }

  /** Opens a model and packs its weights: all that comes before the first step. */
  private static double load(Path path) throws Exception {
    long started = System.nanoTime();
    try (ModelFiles files = ModelFiles.openWhileVerifying(path, ArtifactGate.OPEN, List.of());
        DecoderModel model =
            new ModelLoader(KernelSelection.best(), THREADS, _ -> OPTIONS).load(files)) {
      model.config();
      return since(started);
    }
  }

  private static double hash(long bytes) throws Exception {
    long started = System.nanoTime();
    try (ExecutorService pool = Executors.newFixedThreadPool(THREADS)) {
      List<Future<byte[]>> hashes = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        hashes.add(pool.submit(() -> hashOne(bytes / THREADS)));
      }
      for (Future<byte[]> one : hashes) {
        one.get();
      }
    }
    return since(started);
  }

  private static byte[] hashOne(long bytes) throws Exception {
    MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
    byte[] block = new byte[BLOCK];
    for (long left = bytes; left > 0; left -= BLOCK) {
      sha256.update(block, 0, (int) Math.min(BLOCK, left));
    }
    return sha256.digest();
  }

  private void dropCaches() throws IOException, InterruptedException {
    for (Path file : List.of(artifact, bare)) {
      String name = file.toString();
      Process dd =
          new ProcessBuilder(
                  "dd", "of=" + name, "oflag=nocache", "conv=notrunc,fdatasync", "count=0")
              .redirectErrorStream(true)
              .start();
      dd.getInputStream().transferTo(OutputStream.nullOutputStream());
      if (dd.waitFor() != 0) {
        throw new IOException("dd could not empty the cache of " + name);
      }
    }
  }
}
