package ai.kolm.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.kernels.KernelSelection;
import ai.kolm.kernels.KvCache;
import ai.kolm.reference.ReferenceData;
import ai.kolm.weights.GgufFile;
import com.sun.management.ThreadMXBean;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Logits have the same bits whatever the number of threads, the chunks of the prompt, the other
 * sequences in the batch, the blocks of the cache, and whether code is already compiled.
 */
class DeterminismTest {
  private static final int CONTEXT = 256;
  private static final int BLOCKS = 40;

  @TempDir private Path folder;

  @ParameterizedTest
  @MethodSource("ai.kolm.model.KernelSets#runnable")
  void tinyModel(KernelSelection.Set set) throws Exception {
    check(TinyModels.copy("chat/chat.gguf", folder), set, 100);
  }

  @ParameterizedTest
  @MethodSource("ai.kolm.model.KernelSets#runnable")
  void realModel(KernelSelection.Set set) throws Exception {
    check(ReferenceData.smollm2(), set, set == KernelSelection.Set.SCALAR ? 9 : 41);
  }

  private static void check(Path path, KernelSelection.Set set, int length) throws Exception {
    try (Arena arena = Arena.ofShared()) {
      GgufFile file = GgufFile.open(path, arena);
      int[] ids = new Random(1).ints(length, 3, 260).toArray();
      float[] cold;
      try (DecoderModel one = load(file, set, 1)) {
        cold = chunks(one, ids, length);
        assertArrayEquals(cold, chunks(one, ids, 1), "one token at a time");
        assertArrayEquals(cold, chunks(one, ids, 7), "chunks of 7, warm");
      }
      try (DecoderModel two = load(file, set, 2)) {
        assertArrayEquals(cold, chunks(two, ids, 33), "two threads");
        assertArrayEquals(cold, amongOthers(two, ids), "among other sequences");
        assertArrayEquals(cold, chunks(two, ids, length), "again");
      }
    }
  }

  private static DecoderModel load(GgufFile file, KernelSelection.Set set, int threads)
      throws Exception {
    ModelOptions options = new ModelOptions(CONTEXT, BLOCKS, KvCache.Precision.HALF, 128, 8);
    return new ModelLoader(KernelSelection.forced(set), threads, _ -> options).load(file);
  }

  /** Logits after the last token, prefilled in chunks. */
  private static float[] chunks(LanguageModel model, int[] ids, int chunk) {
    int[] blocks = {5, 1, 9, 0, 3, 2, 7, 4};
    float[] row = new float[model.vocabularySize()];
    for (int at = 0; at < ids.length; at += chunk) {
      int[] tokens = Arrays.copyOfRange(ids, at, Math.min(ids.length, at + chunk));
      model.forward(new Batch(List.of(new Batch.Slice(tokens, at, blocks, 1)))).copyRow(0, row);
    }
    return row;
  }

  /** The same, with three other sequences in every batch, one of them decoding. */
  private static float[] amongOthers(LanguageModel model, int[] ids) {
    int[] blocks = {35, 31, 39, 30, 33, 32, 37, 34};
    float[] row = new float[model.vocabularySize()];
    int chunk = 20;
    for (int at = 0; at < ids.length; at += chunk) {
      int[] tokens = Arrays.copyOfRange(ids, at, Math.min(ids.length, at + chunk));
      int step = at / chunk;
      List<Batch.Slice> slices = new ArrayList<>();
      slices.add(new Batch.Slice(new int[] {7}, step, new int[] {10, 11}, 1));
      slices.add(new Batch.Slice(tokens, at, blocks, 1));
      slices.add(new Batch.Slice(new int[] {9, 8, 5}, 3 * step, new int[] {12, 13}, 0));
      slices.add(new Batch.Slice(new int[] {4}, step, new int[] {14}, 1));
      model.forward(new Batch(slices)).copyRow(1, row);
    }
    return row;
  }

  /** The projection to the vocabulary is a good part of a small model's work. */
  @Test
  void onlyRowsWhoseLogitsAreWantedAreProjected() throws Exception {
    try (Arena arena = Arena.ofShared();
        DecoderModel model =
            load(
                GgufFile.open(TinyModels.copy("chat/chat.gguf", folder), arena),
                KernelSelection.Set.SCALAR,
                1)) {
      List<Integer> projected = new ArrayList<>();
      model.probe(
          (stage, values) -> {
            if (stage.equals("output_norm")) {
              projected.add(values.rows());
            }
          });
      int[] tokens = {5, 6, 7, 8};
      model.forward(new Batch(List.of(new Batch.Slice(tokens, 0, new int[] {0}, 0))));
      assertEquals(List.of(), projected);
      model.forward(
          new Batch(
              List.of(
                  new Batch.Slice(tokens, 4, new int[] {0}, 1),
                  new Batch.Slice(tokens, 0, new int[] {1}, 0),
                  new Batch.Slice(tokens, 0, new int[] {2}, 3))));
      assertEquals(List.of(4), projected);
    }
  }

  /**
   * A decode step allocates what describes the batch and the tasks, nothing that grows with the
   * model.
   */
  @Test
  void decodingAllocatesLittle() throws Exception {
    checkAllocation(KernelSets.runnable().getLast());
  }

  /**
   * The same of the Vector API. Nightly: whether vectors become registers is up to what the
   * compiler has inlined by then, and in a JVM that has run a hundred other tests now and then some
   * do not.
   */
  @Test
  @Tag("nightly")
  void decodingWithVectorsAllocatesLittle() throws Exception {
    checkAllocation(KernelSelection.Set.VECTOR);
  }

  private static void checkAllocation(KernelSelection.Set kernels) throws Exception {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (Arena arena = Arena.ofShared();
        DecoderModel model = load(GgufFile.open(ReferenceData.smollm2(), arena), kernels, 1)) {
      float[] row = new float[model.vocabularySize()];
      long allocated = Long.MAX_VALUE;
      // Vectors are objects until the kernels are compiled, on a busy machine later than elsewhere.
      for (int step = 0; step < 600 && allocated >= 50_000; step++) {
        long before = threads.getCurrentThreadAllocatedBytes();
        Batch.Slice slice = new Batch.Slice(new int[] {5}, step % 60, new int[] {0, 1}, 1);
        model.forward(new Batch(List.of(slice))).copyRow(0, row);
        allocated = Math.min(allocated, threads.getCurrentThreadAllocatedBytes() - before);
      }
      System.out.printf("decode step, %s kernels: %,d bytes allocated%n", kernels, allocated);
      assertTrue(allocated < 50_000, allocated + " bytes allocated");
    }
  }
}
