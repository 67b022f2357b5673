package ai.kolm.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.kernels.KernelSelection;
import ai.kolm.kernels.KvCache;
import ai.kolm.kernels.Panels;
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
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Logits that are wanted have the same bits whether all are computed or only the panels around. */
class OutputProjectionTest {
  @TempDir private Path folder;

  /** Gemma 2 caps its logits, Granite scales them. */
  @ParameterizedTest
  @MethodSource("ai.kolm.model.KernelSets#runnable")
  void tinyModels(KernelSelection.Set set) throws Exception {
    for (String name : List.of("llama", "gemma2", "granite")) {
      Path file = TinyModels.writeGguf(name, folder);
      check(file, set, new int[] {1, 300});
    }
  }

  @ParameterizedTest
  @MethodSource("ai.kolm.model.KernelSets#runnable")
  void realModel(KernelSelection.Set set) throws Exception {
    int[] spread = new Random(5).ints(100, 0, 49_152).toArray();
    check(ReferenceData.smollm2(), set, spread);
  }

  /** The columns wanted, none or these ones or all, of rows that are mixed in one batch. */
  private static void check(Path path, KernelSelection.Set set, int[] some) throws Exception {
    try (Arena arena = Arena.ofShared();
        DecoderModel model = load(GgufFile.open(path, arena), set)) {
      int size = model.vocabularySize();
      List<@Nullable LogitColumns> wanted = new ArrayList<>();
      wanted.add(wanted(size, some));
      wanted.add(null);
      wanted.add(wanted(size, size - 1));
      wanted.add(wanted(size));
      wanted.add(new LogitColumns(size));
      wanted.add(wanted(size, 0, some[0]));
      assertFalse(wanted(size, some).all(), "few enough");
      for (int rows : new int[] {1, 2}) {
        List<float[]> expected = new ArrayList<>();
        Logits whole = model.forward(batch(wanted, rows, false));
        for (int i = 0; i < whole.rows(); i++) {
          expected.add(new float[size]);
          whole.copyRow(i, expected.getLast());
        }
        Logits part = model.forward(batch(wanted, rows, true));
        assertEquals(whole.rows(), part.rows());
        for (int i = 0; i < part.rows(); i++) {
          checkRow(expected.get(i), part, i, wanted.get(i / rows));
        }
      }
    }
  }

  private static LogitColumns wanted(int size, int... columns) {
    LogitColumns wanted = new LogitColumns(size);
    wanted.clear();
    long[] words = new long[(size + 63) / 64];
    for (int column : columns) {
      words[column / 64] |= 1L << column;
    }
    for (int word = 0; word < words.length; word++) {
      wanted.add(word, words[word]);
    }
    return wanted;
  }

  private static Batch batch(List<@Nullable LogitColumns> wanted, int rows, boolean part) {
    List<Batch.Slice> slices = new ArrayList<>();
    for (int i = 0; i < wanted.size(); i++) {
      int[] tokens = {5 + i, 6, 7};
      slices.add(new Batch.Slice(tokens, 0, new int[] {i}, rows, "", part ? wanted.get(i) : null));
    }
    return new Batch(slices);
  }

  private static void checkRow(
      float[] expected, Logits part, int row, @Nullable LogitColumns wanted) {
    float[] actual = new float[expected.length];
    if (wanted == null || wanted.all()) {
      part.copyRow(row, actual);
      assertArrayEquals(expected, actual);
      return;
    }
    IllegalStateException e =
        assertThrows(IllegalStateException.class, () -> part.copyRow(row, actual));
    assertTrue(String.valueOf(e.getMessage()).contains("row " + row), e.toString());
    part.copyRow(row, wanted, actual);
    TreeSet<Integer> panels = new TreeSet<>();
    for (int i = 0; i < wanted.count(); i++) {
      panels.add(wanted.panels()[i]);
    }
    for (int c = 0; c < expected.length; c++) {
      assertEquals(
          panels.contains(c / Panels.WIDTH) ? expected[c] : 0, actual[c], 0, "column " + c);
    }
  }

  private static DecoderModel load(GgufFile file, KernelSelection.Set set) throws Exception {
    ModelOptions options = new ModelOptions(128, 8, KvCache.Precision.HALF, 64, 16);
    return new ModelLoader(KernelSelection.forced(set), 2, _ -> options).load(file);
  }

  @Test
  void manyPanelsAreAll() {
    int size = 32 * 80;
    int[] ten = new int[10];
    Arrays.setAll(ten, i -> 128 * i);
    LogitColumns columns = wanted(size, ten);
    assertFalse(columns.all());
    assertEquals(10, columns.count());
    int[] eleven = Arrays.copyOf(ten, 11);
    eleven[10] = 32;
    LogitColumns more = wanted(size, eleven);
    assertTrue(more.all());
    more.clear();
    more.add(3, 1L << 40);
    assertFalse(more.all());
    assertArrayEquals(new int[] {7}, Arrays.copyOf(more.panels(), more.count()));
    more.addAll();
    assertTrue(more.all());
  }

  @Test
  void columnsThatDoNotExistAreRefused() throws Exception {
    Path path = TinyModels.copy("chat/chat.gguf", folder);
    for (KernelSelection.Set set : KernelSets.runnable()) {
      try (Arena arena = Arena.ofShared();
          DecoderModel model = load(GgufFile.open(path, arena), set)) {
        int size = model.vocabularySize();
        LogitColumns wrong = wanted(2 * Panels.roundUp(size), Panels.roundUp(size));
        Batch batch =
            new Batch(List.of(new Batch.Slice(new int[] {5}, 0, new int[] {0}, 1, "", wrong)));
        assertThrows(IndexOutOfBoundsException.class, () -> model.forward(batch));
      }
    }
  }

  @Test
  void aStepThatWantsLittleAllocatesLittle() throws Exception {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    KernelSelection.Set set = KernelSets.runnable().getLast();
    try (Arena arena = Arena.ofShared();
        DecoderModel model = load(GgufFile.open(ReferenceData.smollm2(), arena), set)) {
      float[] row = new float[model.vocabularySize()];
      LogitColumns columns = wanted(model.vocabularySize(), 7, 700, 7_000, 40_000);
      long allocated = Long.MAX_VALUE;
      for (int step = 0; step < 600 && allocated >= 50_000; step++) {
        long before = threads.getCurrentThreadAllocatedBytes();
        Batch.Slice slice =
            new Batch.Slice(new int[] {5}, step % 60, new int[] {0, 1}, 1, "", columns);
        model.forward(new Batch(List.of(slice))).copyRow(0, columns, row);
        allocated = Math.min(allocated, threads.getCurrentThreadAllocatedBytes() - before);
      }
      assertTrue(allocated < 50_000, allocated + " bytes allocated");
    }
  }
}
