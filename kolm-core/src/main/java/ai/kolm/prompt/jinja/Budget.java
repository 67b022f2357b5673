package ai.kolm.prompt.jinja;

import ai.kolm.prompt.jinja.TemplateError.Kind;

/**
 * What one rendering may still spend. Every operation pays before it allocates or loops, so time
 * and memory are bounded whatever the template does. For one rendering, one thread.
 */
public final class Budget {
  /** One item of a list, or one evaluation, weighs as much as this many characters. */
  private static final int ITEM = 16;

  private final int maxSteps;
  private final int maxText;
  private final int maxItems;
  private final int maxNesting;
  private final long maxWork;
  private int steps;
  private int nesting;
  private long work;

  /**
   * @param maxSteps statements executed and loop iterations begun
   * @param maxText characters of one string, and of the whole output
   * @param maxItems items of one list, and of one loop
   * @param maxNesting evaluations inside one another, which bounds the stack
   * @param maxWork characters that all operations touch; items and evaluations count as 16
   */
  public Budget(int maxSteps, int maxText, int maxItems, int maxNesting, long maxWork) {
    this.maxSteps = maxSteps;
    this.maxText = maxText;
    this.maxItems = maxItems;
    this.maxNesting = maxNesting;
    this.maxWork = maxWork;
  }

  void step() {
    if (++steps > maxSteps) {
      throw exceeded("more than %,d steps", maxSteps);
    }
  }

  void work(long units) {
    work += units;
    if (work > maxWork) {
      throw exceeded("string and list operations touch more than %,d characters", maxWork);
    }
  }

  /** Pays for looking at one value, or evaluating one expression. */
  void visit() {
    work(ITEM);
  }

  /** Pays for a string of this length, before it is made. */
  void text(long length) {
    length(length);
    work(length);
  }

  /** Refuses a string of more than the longest length. */
  void length(long length) {
    if (length > maxText) {
      throw exceeded("a text of more than %,d characters", maxText);
    }
  }

  /** Pays for a list of this size, before it is made or walked. */
  void items(long size) {
    if (size > maxItems) {
      throw exceeded("more than %,d items in one list or loop", maxItems);
    }
    work(size * ITEM);
  }

  /** Pays for one more item of a list that has {@code size}. */
  void item(int size) {
    if (size >= maxItems) {
      items(size + 1L);
    }
    work(ITEM);
  }

  /** Begins turn {@code n} of one loop. */
  void turn(long n) {
    if (n > maxItems) {
      items(n);
    }
  }

  void enter() {
    if (++nesting > maxNesting) {
      throw exceeded("evaluation nested deeper than %,d", maxNesting);
    }
  }

  void leave() {
    nesting--;
  }

  private static TemplateError exceeded(String what, long limit) {
    return new TemplateError(Kind.LIMIT, 0, what.formatted(limit));
  }
}
