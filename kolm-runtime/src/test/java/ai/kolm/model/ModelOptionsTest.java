package ai.kolm.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.kernels.KvCache;
import ai.kolm.weights.GgufFile;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How long a context is, and how many blocks there are, in the memory there is. */
class ModelOptionsTest {
  private static final long MIB = 1L << 20;
  private static final long HEAP = 100 * MIB;
  private static final long WEIGHTS = 50 * MIB;
  private static final long RESERVE = 200 * MIB;

  @TempDir private Path folder;
  private ModelConfig config;
  private long blockBytes;
  private long activations;

  @BeforeEach
  void readTheTinyModel() throws Exception {
    try (Arena arena = Arena.ofShared()) {
      config = ModelLoader.config(GgufFile.open(TinyModels.copy("chat/chat.gguf", folder), arena));
    }
    blockBytes = DecoderModel.cacheLayout(config, KvCache.Precision.HALF).blockBytes();
    activations = DecoderModel.activationBytes(config, 64, 4);
  }

  private ModelOptions serving(OptionalInt context, OptionalLong process, long asked) {
    MemoryBudget budget = new MemoryBudget(process, HEAP, WEIGHTS, asked);
    return ModelOptions.serving(config, context, KvCache.Precision.HALF, budget, 64, 4);
  }

  private String refused(OptionalInt context, OptionalLong process, long asked) {
    return String.valueOf(
        assertThrows(IllegalArgumentException.class, () -> serving(context, process, asked))
            .getMessage());
  }

  /** A process that has room for so many blocks beside everything else. */
  private OptionalLong room(long blocks) {
    return OptionalLong.of(HEAP + WEIGHTS + RESERVE + activations + blocks * blockBytes);
  }

  private int fullContext() {
    return config.contextLength();
  }

  private int blocksOf(int tokens) {
    return Math.ceilDiv(tokens, KvCache.BLOCK);
  }

  @Test
  void withMemoryForAllEverySequenceHasAFullContext() {
    for (OptionalLong process : new OptionalLong[] {OptionalLong.empty(), room(1_000_000)}) {
      ModelOptions options = serving(OptionalInt.empty(), process, Long.MAX_VALUE);
      assertEquals(fullContext(), options.contextLength());
      assertEquals(4 * blocksOf(fullContext()), options.cacheBlocks());
    }
  }

  @Test
  void whatIsLeftOfTheProcessIsTheLimit() {
    int blocks = blocksOf(fullContext()) + 3;
    ModelOptions options = serving(OptionalInt.empty(), room(blocks), 1L << 40);
    assertEquals(blocks, options.cacheBlocks());
    assertEquals(fullContext(), options.contextLength());
  }

  @Test
  void aContextThatNobodyAskedForBecomesShorter() {
    assertTrue(blocksOf(fullContext()) > 8, "the model is long enough for the test");
    ModelOptions options = serving(OptionalInt.empty(), room(8), 1L << 40);
    assertEquals(8 * KvCache.BLOCK, options.contextLength());
    assertEquals(8, options.cacheBlocks());
    options = serving(OptionalInt.empty(), OptionalLong.empty(), 8 * blockBytes);
    assertEquals(8 * KvCache.BLOCK, options.contextLength());
  }

  @Test
  void aContextThatWasAskedForFitsOrIsRefused() {
    OptionalInt asked = OptionalInt.of(9 * KvCache.BLOCK);
    assertEquals(9 * KvCache.BLOCK, serving(asked, room(9), 1L << 40).contextLength());
    String message = refused(asked, room(8), 1L << 40);
    assertTrue(message.contains("a context of 288 tokens needs"), message);
    assertTrue(message.contains("the heap may take 100 (-Xmx), weights take 50"), message);
    assertThrows(
        IllegalArgumentException.class,
        () -> serving(OptionalInt.of(fullContext() + 1), room(1_000_000), 1L << 40));
  }

  @Test
  void nextToNoMemoryIsRefusedBeforeAnythingIsAllocated() {
    for (long blocks : new long[] {7, 0, -1_000_000}) {
      assertThrows(
          IllegalArgumentException.class,
          () -> serving(OptionalInt.empty(), room(blocks), 1L << 40));
    }
    String message = refused(OptionalInt.empty(), OptionalLong.empty(), blockBytes);
    assertTrue(message.contains("keys and values may take"), message);
  }

  /**
   * Not for each of many sequences: a text is computed, and then its keys and values are not
   * needed.
   */
  @Test
  void forVectorsThereIsRoomForOneTextOrABatchOfShortOnes() {
    ModelOptions all = embedding(Integer.MAX_VALUE, OptionalLong.empty(), 1L << 40);
    assertEquals(fullContext(), all.contextLength());
    assertEquals(blocksOf(fullContext()), all.cacheBlocks());
    assertEquals(1, all.batchRows());
    ModelOptions few = embedding(100, OptionalLong.empty(), 1L << 40);
    assertEquals(100, few.contextLength());
    assertEquals(2 + EmbeddingDecoder.BATCH_SEQUENCES, few.cacheBlocks());
    ModelOptions tight = embedding(Integer.MAX_VALUE, OptionalLong.empty(), 9 * blockBytes);
    assertEquals(9, tight.cacheBlocks());
    assertEquals(9 * KvCache.BLOCK, tight.contextLength());
    assertThrows(
        IllegalArgumentException.class,
        () -> embedding(Integer.MAX_VALUE, OptionalLong.empty(), 7 * blockBytes));
  }

  private ModelOptions embedding(int longest, OptionalLong process, long asked) {
    MemoryBudget budget = new MemoryBudget(process, HEAP, WEIGHTS, asked);
    return ModelOptions.embedding(config, longest, KvCache.Precision.HALF, budget, 64);
  }
}
