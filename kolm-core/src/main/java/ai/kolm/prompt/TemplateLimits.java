package ai.kolm.prompt;

import ai.kolm.prompt.jinja.Budget;

/**
 * What a chat template may cost. A template comes with the model, so it is foreign code: every
 * limit is checked before the memory or time in question is spent.
 *
 * @param sourceLength characters of the source, default 65,536; the longest templates in use have a
 *     quarter of that
 * @param depth nesting of tags and brackets in the source, default 64
 * @param steps statements executed and loop iterations begun in one rendering, default 100,000; a
 *     message takes some ten to a hundred
 * @param outputLength characters of the rendered prompt, and of any string on the way, default
 *     4,194,304
 * @param items of one list, range or loop, default 10,000
 * @param evaluationDepth expressions and statements being evaluated inside one another, recursive
 *     macros included, default 250; bounds the stack to well under 512 KiB
 * @param work characters that the string operations of one rendering touch, where an item of a list
 *     and the evaluation of an expression count as 16, default 67,108,864; bounds time and memory
 */
public record TemplateLimits(
    int sourceLength,
    int depth,
    int steps,
    int outputLength,
    int items,
    int evaluationDepth,
    long work) {

  /** The defaults. */
  public static final TemplateLimits DEFAULT =
      new TemplateLimits(1 << 16, 64, 100_000, 1 << 22, 10_000, 250, 1L << 26);

  /** Checks that each limit is positive. */
  public TemplateLimits {
    if (sourceLength < 1
        || depth < 1
        || steps < 1
        || outputLength < 1
        || items < 1
        || evaluationDepth < 1
        || work < 1) {
      throw new IllegalArgumentException("limits must be positive");
    }
  }

  Budget budget() {
    return new Budget(steps, outputLength, items, evaluationDepth, work);
  }
}
