package ai.kolm.model;

import ai.kolm.kernels.Matrix;
import ai.kolm.kernels.ParameterVector;
import org.jspecify.annotations.Nullable;

/**
 * The weights of one layer.
 *
 * @param type window and rotary embedding
 * @param attentionNorm (hidden)
 * @param queryKeyValue three matrices: (queryHeads * headDim, hidden), then twice (keyValueHeads *
 *     headDim, hidden)
 * @param queryBias (queryHeads * headDim)
 * @param keyBias (keyValueHeads * headDim)
 * @param valueBias (keyValueHeads * headDim)
 * @param queryNorm (headDim)
 * @param keyNorm (headDim)
 * @param attentionOutput one matrix: (hidden, queryHeads * headDim)
 * @param attentionOutputBias (hidden)
 * @param postAttentionNorm (hidden)
 * @param feedForwardNorm (hidden)
 * @param gateUp two matrices: (feedForward, hidden)
 * @param gateBias (feedForward)
 * @param upBias (feedForward)
 * @param down one matrix: (hidden, feedForward)
 * @param downBias (hidden)
 * @param postFeedForwardNorm (hidden)
 */
record DecoderLayer(
    ModelConfig.LayerType type,
    ParameterVector attentionNorm,
    Matrix[] queryKeyValue,
    float @Nullable [] queryBias,
    float @Nullable [] keyBias,
    float @Nullable [] valueBias,
    @Nullable ParameterVector queryNorm,
    @Nullable ParameterVector keyNorm,
    Matrix[] attentionOutput,
    float @Nullable [] attentionOutputBias,
    @Nullable ParameterVector postAttentionNorm,
    ParameterVector feedForwardNorm,
    Matrix[] gateUp,
    float @Nullable [] gateBias,
    float @Nullable [] upBias,
    Matrix[] down,
    float @Nullable [] downBias,
    @Nullable ParameterVector postFeedForwardNorm) {}
