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
 * @param queuedRequests requests that have not run yet
 * @param runningSequences sequences with a place in the batch
 * @param usedBlocks blocks of the key-value cache in use
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
    int queuedRequests,
    int runningSequences,
    int usedBlocks,
    int blocks) {}
