package ai.kolm.model;

import ai.kolm.kernels.LowRank;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The matrices of a LoRA adapter and their gradients, all zero at first. Not thread-safe.
 *
 * @see LowRank
 */
public final class LoraWeights {
  private final LoraShape shape;
  private final List<Map<LoraModule, LowRank>> layers = new ArrayList<>();

  /**
   * @param arena owns the memory
   */
  public LoraWeights(LoraShape shape, ModelConfig config, Arena arena) {
    this.shape = shape;
    for (int layer = 0; layer < config.layers(); layer++) {
      Map<LoraModule, LowRank> modules = new EnumMap<>(LoraModule.class);
      for (LoraModule module : shape.modules()) {
        modules.put(
            module,
            new LowRank(
                arena, module.inputs(config), module.outputs(config), shape.rank(), shape.scale()));
      }
      layers.add(modules);
    }
  }

  /** Rank, alpha and modules. */
  public LoraShape shape() {
    return shape;
  }

  /** The number of layers. */
  public int layers() {
    return layers.size();
  }

  /** The matrices of a module; {@code null} if it is not adapted. */
  public @Nullable LowRank find(int layer, LoraModule module) {
    return layers.get(layer).get(module);
  }

  /** Looks at the matrices of a module. */
  public interface Visitor {
    /** The matrices of {@code module} in layer {@code layer}. */
    void visit(int layer, LoraModule module, LowRank matrices);
  }

  /** Looks at all matrices, layer by layer, in the order of {@link LoraModule}. */
  public void forEach(Visitor visitor) {
    for (int layer = 0; layer < layers.size(); layer++) {
      int index = layer;
      layers.get(layer).forEach((module, pair) -> visitor.visit(index, module, pair));
    }
  }

  /** Trainable numbers of an adapter. */
  public static long parameters(LoraShape shape, ModelConfig config) {
    long perLayer = 0;
    for (LoraModule module : shape.modules()) {
      perLayer += (long) shape.rank() * (module.inputs(config) + module.outputs(config));
    }
    return perLayer * config.layers();
  }

  /** Bytes of weights, transposed copies and gradients. */
  public static long bytes(LoraShape shape, ModelConfig config) {
    long perLayer = 0;
    for (LoraModule module : shape.modules()) {
      perLayer += LowRank.bytes(module.inputs(config), module.outputs(config), shape.rank());
    }
    return perLayer * config.layers();
  }
}
