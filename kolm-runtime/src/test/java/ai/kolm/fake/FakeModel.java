package ai.kolm.fake;

import ai.kolm.model.Batch;
import ai.kolm.model.LanguageModel;
import ai.kolm.model.LogitColumns;
import ai.kolm.model.Logits;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A model whose logits are a hash of all tokens so far. It really keeps them in blocks and reads
 * them back through the block table at every row, so a wrong table, a block used by two or a token
 * not computed changes every token that follows. What a row should be, {@link #row} says without
 * any blocks.
 */
public final class FakeModel implements LanguageModel {

  /**
   * Sizes.
   *
   * @param vocabulary number of tokens
   * @param context the most positions
   * @param blockSize positions per block
   * @param blocks number of blocks
   * @param batchTokens the most tokens per batch
   * @param batchRows the most rows per batch
   */
  public record Shape(
      int vocabulary, int context, int blockSize, int blocks, int batchTokens, int batchRows) {}

  /** The row after this token is not finite. */
  private final int poison;

  private final Shape shape;
  private final int[][] cache;
  private volatile Consumer<Batch> beforeStep = batch -> {};
  private volatile boolean closed;
  private @Nullable Thread thread;

  /**
   * @param shape sizes
   * @param poison after this token logits are NaN; -1: none
   */
  public FakeModel(Shape shape, int poison) {
    this.shape = shape;
    this.poison = poison;
    this.cache = new int[shape.blocks()][shape.blockSize()];
    for (int[] block : cache) {
      Arrays.fill(block, -1);
    }
  }

  /** Calls {@code action} with every batch before it is computed. */
  public void beforeStep(Consumer<Batch> action) {
    beforeStep = action;
  }

  /** Whether {@link #close} was called. */
  public boolean isClosed() {
    return closed;
  }

  /** It has all: they change nothing but what is shared. */
  @Override
  public boolean hasAdapter(String digest) {
    return true;
  }

  @Override
  public int vocabularySize() {
    return shape.vocabulary();
  }

  @Override
  public int contextLength() {
    return shape.context();
  }

  @Override
  public int blockSize() {
    return shape.blockSize();
  }

  @Override
  public int blockCount() {
    return shape.blocks();
  }

  @Override
  public int maxBatchTokens() {
    return shape.batchTokens();
  }

  @Override
  public int maxBatchRows() {
    return shape.batchRows();
  }

  @Override
  public Logits forward(Batch batch) {
    check(batch);
    beforeStep.accept(batch);
    Set<Long> written = new HashSet<>();
    for (Batch.Slice slice : batch.slices()) {
      write(slice, written);
    }
    return logits(batch);
  }

  @Override
  public int threads() {
    return 3;
  }

  /** Really at the same time, as far as there are processors. */
  @Override
  public void inParallel(int count, IntConsumer task) {
    IntStream.range(0, count).parallel().forEach(task);
  }

  /** Whole rows first, as models have them; of the others nothing but what is wanted. */
  private Logits logits(Batch batch) {
    int size = shape.vocabulary();
    float[] data = new float[batch.rows() * size];
    int[] places = new int[batch.rows()];
    int whole =
        batch.slices().stream().filter(FakeModel::isWhole).mapToInt(Batch.Slice::logits).sum();
    int nextWhole = 0;
    int nextPart = whole;
    int row = 0;
    for (Batch.Slice slice : batch.slices()) {
      for (int i = slice.tokens().length - slice.logits(); i < slice.tokens().length; i++) {
        float[] logits = logits(read(slice, slice.position() + i + 1));
        LogitColumns wanted = slice.columns();
        boolean part = wanted != null && !wanted.all();
        places[row] = part ? nextPart++ : nextWhole++;
        float[] given = wanted == null ? logits : part(logits, wanted);
        System.arraycopy(given, 0, data, places[row++] * size, size);
      }
    }
    return new Logits(MemorySegment.ofArray(data), batch.rows(), size, size, places, whole);
  }

  private static boolean isWhole(Batch.Slice slice) {
    LogitColumns wanted = slice.columns();
    return wanted == null || wanted.all();
  }

  /** What is wanted; whoever reads more gets NaN. */
  private static float[] part(float[] logits, LogitColumns wanted) {
    float[] part = new float[logits.length];
    Arrays.fill(part, Float.NaN);
    Logits.whole(MemorySegment.ofArray(logits), 1, logits.length, logits.length)
        .copyRow(0, wanted, part);
    return part;
  }

  @Override
  public void copyBlock(int from, int to) {
    require(thread == Thread.currentThread(), "called by two threads");
    require(!closed, "used after close");
    System.arraycopy(cache[from], 0, cache[to], 0, shape.blockSize());
  }

  private void check(Batch batch) {
    if (thread == null) {
      thread = Thread.currentThread();
    }
    require(thread == Thread.currentThread(), "called by two threads");
    require(!closed, "used after close");
    require(batch.tokens() > 0 && batch.tokens() <= shape.batchTokens(), "tokens in a batch");
    require(batch.rows() <= shape.batchRows(), "rows in a batch");
  }

  private void write(Batch.Slice slice, Set<Long> written) {
    for (int i = 0; i < slice.tokens().length; i++) {
      int position = slice.position() + i;
      require(position < shape.context(), "a position past the context");
      int block = slice.blocks()[position / shape.blockSize()];
      int offset = position % shape.blockSize();
      require(written.add((long) block * shape.blockSize() + offset), "a place written twice");
      cache[block][offset] = slice.tokens()[i];
    }
  }

  private int[] read(Batch.Slice slice, int length) {
    int[] tokens = new int[length];
    for (int position = 0; position < length; position++) {
      int block = slice.blocks()[position / shape.blockSize()];
      tokens[position] = cache[block][position % shape.blockSize()];
    }
    return tokens;
  }

  /** The logits that follow {@code tokens}. */
  public float[] row(int[] tokens) {
    return logits(tokens);
  }

  private float[] logits(int[] tokens) {
    long hash = 17;
    for (int token : tokens) {
      hash = mix(hash * 31 + token);
    }
    float[] logits = new float[shape.vocabulary()];
    boolean poisoned = tokens[tokens.length - 1] == poison;
    for (int id = 0; id < logits.length; id++) {
      float uniform = (mix(hash + id) >>> 40) * 0x1p-24f;
      logits[id] = poisoned && id == 5 ? Float.NaN : 8 * uniform - 4;
    }
    return logits;
  }

  private static long mix(long value) {
    long z = value + 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  @Override
  public void close() {
    require(!closed, "closed twice");
    closed = true;
  }

  private static void require(boolean condition, String what) {
    if (!condition) {
      throw new AssertionError(what);
    }
  }
}
