package ai.kolm.model;

import ai.kolm.kernels.Kernels;
import ai.kolm.kernels.Matrix;
import ai.kolm.kernels.Panels;
import ai.kolm.kernels.ParameterVector;
import ai.kolm.kernels.Rotation;
import ai.kolm.kernels.RowGradients;
import ai.kolm.kernels.SegmentAttention;
import org.jspecify.annotations.Nullable;

/**
 * One decoder layer forward, keeping what the way back needs, and backward. The forward pass reads
 * as {@link DecoderModel} does; the backward pass is the same steps from the last to the first.
 */
final class TrainableLayer {

  /**
   * What a pass over a layer works with.
   *
   * @param starts of conversations; see {@link TrainingRow}
   * @param rotation of this layer
   * @param reverse its transpose
   */
  record Pass(int[] starts, Rotation rotation, Rotation reverse, LayerScratch scratch) {}

  private final ModelConfig config;
  private final DecoderLayer weights;
  private final AdaptedLinear.Products products;
  private final Kernels kernels;
  private final SegmentAttention attention;
  private final AdaptedLinear query;
  private final AdaptedLinear key;
  private final AdaptedLinear value;
  private final AdaptedLinear output;
  private final AdaptedLinear gate;
  private final AdaptedLinear up;
  private final AdaptedLinear down;

  TrainableLayer(
      ModelConfig config,
      DecoderLayer weights,
      LoraWeights lora,
      int index,
      AdaptedLinear.Products products,
      SegmentAttention attention) {
    this.config = config;
    this.weights = weights;
    this.products = products;
    this.kernels = products.kernels();
    this.attention = attention;
    query = linear(weights.queryKeyValue()[0], weights.queryBias(), lora, index, LoraModule.QUERY);
    key = linear(weights.queryKeyValue()[1], weights.keyBias(), lora, index, LoraModule.KEY);
    value = linear(weights.queryKeyValue()[2], weights.valueBias(), lora, index, LoraModule.VALUE);
    output =
        linear(
            weights.attentionOutput()[0],
            weights.attentionOutputBias(),
            lora,
            index,
            LoraModule.OUTPUT);
    gate = linear(weights.gateUp()[0], weights.gateBias(), lora, index, LoraModule.GATE);
    up = linear(weights.gateUp()[1], weights.upBias(), lora, index, LoraModule.UP);
    down = linear(weights.down()[0], weights.downBias(), lora, index, LoraModule.DOWN);
  }

  private static AdaptedLinear linear(
      Matrix weight, float @Nullable [] bias, LoraWeights lora, int index, LoraModule module) {
    return new AdaptedLinear((Matrix.Plain) weight, bias, lora.find(index, module));
  }

  /**
   * Computes the layer.
   *
   * @param x (tokens, hidden): the stream
   * @param a receives what {@link #backward} needs
   * @param y (tokens, hidden): the stream behind the layer
   * @param again whether y is there already and only {@code a} is wanted
   */
  void forward(Pass pass, Panels x, LayerActivations a, Panels y, boolean again) {
    attend(pass, x, a);
    feedForward(pass, a, y, again);
  }

  private void attend(Pass pass, Panels x, LayerActivations a) {
    LayerScratch s = pass.scratch();
    kernels.rmsNorm(x, weights.attentionNorm(), config.normEps(), s.normed);
    query.forward(products, s.normed, a.thin(LoraModule.QUERY), a.queries);
    key.forward(products, s.normed, a.thin(LoraModule.KEY), a.keys);
    value.forward(products, s.normed, a.thin(LoraModule.VALUE), a.values);
    normHeads(a.queries, weights.queryNorm(), a.queriesBeforeNorm);
    normHeads(a.keys, weights.keyNorm(), a.keysBeforeNorm);
    kernels.rotate(a.queries, pass.rotation());
    kernels.rotate(a.keys, pass.rotation());
    attention.forward(a.queries, a.keys, a.values, pass.starts(), weights.type().window(), a.heads);
    output.forward(products, a.heads, a.thin(LoraModule.OUTPUT), s.branch);
    normBranch(s.branch, weights.postAttentionNorm(), a.attentionBeforeNorm);
    a.middle.copy(x);
    kernels.add(a.middle, s.branch, config.residualScale());
  }

  private void feedForward(Pass pass, LayerActivations a, Panels y, boolean again) {
    LayerScratch s = pass.scratch();
    kernels.rmsNorm(a.middle, weights.feedForwardNorm(), config.normEps(), s.normed);
    gate.forward(products, s.normed, a.thin(LoraModule.GATE), a.gate);
    up.forward(products, s.normed, a.thin(LoraModule.UP), a.up);
    inner(a, s);
    if (again && a.feedForwardBeforeNorm == null) {
      down.thin(products, s.inner, a.thin(LoraModule.DOWN));
      return;
    }
    down.forward(products, s.inner, a.thin(LoraModule.DOWN), s.branch);
    normBranch(s.branch, weights.postFeedForwardNorm(), a.feedForwardBeforeNorm);
    if (!again) {
      y.copy(a.middle);
      kernels.add(y, s.branch, config.residualScale());
    }
  }

  private void inner(LayerActivations a, LayerScratch s) {
    s.inner.copy(a.gate);
    kernels.gate(s.inner, a.up, config.activation());
  }

  private void normHeads(Panels x, @Nullable ParameterVector weight, @Nullable Panels before) {
    if (weight != null && before != null) {
      before.copy(x);
      kernels.rmsNorm(x, weight, config.normEps(), x);
    }
  }

  private void normBranch(
      Panels branch, @Nullable ParameterVector weight, @Nullable Panels before) {
    if (weight != null && before != null) {
      before.copy(branch);
      kernels.rmsNorm(branch, weight, config.normEps(), branch);
    }
  }

  /**
   * Adds to the gradients of the adapter, and turns the gradient of the layer's output into that of
   * its input.
   *
   * @param x (tokens, hidden): the layer's input
   * @param a as {@link #forward} left it
   * @param gradient (tokens, hidden) of the stream
   */
  void backward(Pass pass, Panels x, LayerActivations a, Panels gradient) {
    feedForwardBack(pass, a, gradient);
    attendBack(pass, x, a, gradient);
  }

  private void feedForwardBack(Pass pass, LayerActivations a, Panels gradient) {
    LayerScratch s = pass.scratch();
    branchBack(gradient, weights.postFeedForwardNorm(), a.feedForwardBeforeNorm, s.branch);
    inner(a, s);
    down.backward(products, s.inner, a.thin(LoraModule.DOWN), s.branch, s.innerGradient, false);
    RowGradients.gate(kernels, a.gate, a.up, config.activation(), s.innerGradient, s.gateGradient);
    kernels.rmsNorm(a.middle, weights.feedForwardNorm(), config.normEps(), s.normed);
    Panels g = s.normedGradient;
    gate.backward(products, s.normed, a.thin(LoraModule.GATE), s.gateGradient, g, false);
    up.backward(products, s.normed, a.thin(LoraModule.UP), s.innerGradient, g, true);
    RowGradients.norm(
        kernels, a.middle, weights.feedForwardNorm(), config.normEps(), g, true, gradient);
  }

  private void attendBack(Pass pass, Panels x, LayerActivations a, Panels gradient) {
    LayerScratch s = pass.scratch();
    branchBack(gradient, weights.postAttentionNorm(), a.attentionBeforeNorm, s.branch);
    output.backward(products, a.heads, a.thin(LoraModule.OUTPUT), s.branch, s.heads, false);
    attention.backward(
        a.queries,
        a.keys,
        a.values,
        pass.starts(),
        weights.type().window(),
        s.heads,
        s.queries,
        s.keys,
        s.values);
    kernels.rotate(s.queries, pass.reverse());
    kernels.rotate(s.keys, pass.reverse());
    headsBack(s.queries, weights.queryNorm(), a.queriesBeforeNorm);
    headsBack(s.keys, weights.keyNorm(), a.keysBeforeNorm);
    kernels.rmsNorm(x, weights.attentionNorm(), config.normEps(), s.normed);
    Panels g = s.normedGradient;
    query.backward(products, s.normed, a.thin(LoraModule.QUERY), s.queries, g, false);
    key.backward(products, s.normed, a.thin(LoraModule.KEY), s.keys, g, true);
    value.backward(products, s.normed, a.thin(LoraModule.VALUE), s.values, g, true);
    RowGradients.norm(kernels, x, weights.attentionNorm(), config.normEps(), g, true, gradient);
  }

  /** Gradient of a branch from that of the stream it was added to. */
  private void branchBack(
      Panels gradient, @Nullable ParameterVector weight, @Nullable Panels before, Panels branch) {
    branch.copy(gradient);
    if (config.residualScale() != 1) {
      kernels.scale(branch, config.residualScale());
    }
    if (weight != null && before != null) {
      RowGradients.norm(kernels, before, weight, config.normEps(), branch, false, branch);
    }
  }

  private void headsBack(Panels g, @Nullable ParameterVector weight, @Nullable Panels before) {
    if (weight != null && before != null) {
      RowGradients.norm(kernels, before, weight, config.normEps(), g, false, g);
    }
  }
}
