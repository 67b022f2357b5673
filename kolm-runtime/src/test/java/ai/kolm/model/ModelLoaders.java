package ai.kolm.model;

import ai.kolm.kernels.KernelSelection;

/** Loaders for tests of training, which serves nothing. */
public final class ModelLoaders {
  private ModelLoaders() {}

  /** A loader that refuses to load a model for serving. */
  public static ModelLoader of(KernelSelection kernels, int threads) {
    return new ModelLoader(
        kernels,
        threads,
        _ -> {
          throw new IllegalStateException("nothing is served");
        });
  }
}
