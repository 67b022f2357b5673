package ai.kolm.engine;

import ai.kolm.model.Batch;
import ai.kolm.model.LanguageModel;
import ai.kolm.model.Logits;
import java.util.function.IntConsumer;

/** A model that leaves everything to another: for tests that change or look at one thing. */
abstract class ForwardingModel implements LanguageModel {
  private final LanguageModel model;

  ForwardingModel(LanguageModel model) {
    this.model = model;
  }

  @Override
  public Logits forward(Batch batch) {
    return model.forward(batch);
  }

  @Override
  public int vocabularySize() {
    return model.vocabularySize();
  }

  @Override
  public int contextLength() {
    return model.contextLength();
  }

  @Override
  public int blockSize() {
    return model.blockSize();
  }

  @Override
  public int blockCount() {
    return model.blockCount();
  }

  @Override
  public int maxBatchTokens() {
    return model.maxBatchTokens();
  }

  @Override
  public int maxBatchRows() {
    return model.maxBatchRows();
  }

  @Override
  public int threads() {
    return model.threads();
  }

  @Override
  public void inParallel(int count, IntConsumer task) {
    model.inParallel(count, task);
  }

  @Override
  public void copyBlock(int from, int to) {
    model.copyBlock(from, to);
  }

  @Override
  public void close() {
    model.close();
  }
}
