package ai.kolm.engine;

/**
 * What an engine has done and is doing, as of the end of a step. Totals count from its start.
 *
 * @param steps batches computed
 * @param computedTokens tokens computed, prompts and answers, those computed again included
 * @param generatedTokens tokens chosen
 * @param completed requests answered
 * @param cancelled requests whose stream was closed early
 * @param failed requests ended by a failure
 * @param rejected requests refused because the queue was full
 * @param preemptions times a sequence gave its blocks up, to be computed again
 * @param prefixHits times a sequence began with tokens that were computed already
 * @param cachedTokens those tokens: what the prefix cache has saved
 * @param maskNanos nanoseconds spent to find out which tokens grammars allow
 * @param queuedRequests requests that have not run yet
 * @param runningSequences sequences with a place in the batch
 * @param usedBlocks blocks of the key-value cache that sequences use
 * @param keptBlocks blocks that no sequence uses, kept for those that start with the same tokens;
 *     given up when others need them
 * @param blocks blocks of the key-value cache
 */
public record EngineMetrics(
    long steps,
    long computedTokens,
    long generatedTokens,
    long completed,
    long cancelled,
    long failed,
    long rejected,
    long preemptions,
    long prefixHits,
    long cachedTokens,
    long maskNanos,
    int queuedRequests,
    int runningSequences,
    int usedBlocks,
    int keptBlocks,
    int blocks) {}
