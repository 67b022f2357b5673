package ai.kolm.embedding;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.model.EmbeddingModel;
import ai.kolm.reference.ReferenceData;
import ai.kolm.source.ModelFiles;
import java.util.List;
import org.junit.jupiter.api.Test;

final class EmbeddingLoaderTest {

  /** A model that does not say how long its texts may be. */
  private static final class Faulty implements EmbeddingModel {
    private boolean closed;

    @Override
    public String kernelName() {
      return "none";
    }

    @Override
    public boolean isDeterministic() {
      return true;
    }

    @Override
    public int vocabularySize() {
      return 1;
    }

    @Override
    public int dimensions() {
      return 1;
    }

    @Override
    public int maxTokens() {
      throw new IllegalStateException("unknown");
    }

    @Override
    public int batchTokens() {
      return 1;
    }

    @Override
    public int batchSequences() {
      return 1;
    }

    @Override
    public float[][] embed(List<int[]> sequences, Pooling pooling, Runnable betweenSteps) {
      throw new IllegalStateException("not to be asked");
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  @Test
  void aModelThatCannotBeUsedIsClosed() throws Exception {
    try (ModelFiles files = ModelFiles.open(ReferenceData.minilm())) {
      SpecialTokens special = SpecialTokens.ofEncoder(files.id(), files.text().tokenizer());
      Faulty model = new Faulty();
      IllegalStateException thrown =
          assertThrows(
              IllegalStateException.class, () -> EmbeddingLoader.complete(files, model, special));
      assertEquals("unknown", thrown.getMessage());
      assertTrue(model.closed);
    }
  }
}
