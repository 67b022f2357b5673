package ai.kolm.grammar.regex;

import ai.kolm.grammar.GrammarException;
import ai.kolm.grammar.GrammarException.Code;

/**
 * The fuel of the step that is under way. Every loop whose length the grammar's author decides
 * spends some, so that hostile grammars end in an error in bounded time. For one thread at a time.
 */
public final class Budget {
  private long fuel;
  private String task;

  /**
   * @param fuel units to spend
   * @param task what is being done, for the error message
   */
  public Budget(long fuel, String task) {
    this.fuel = fuel;
    this.task = task;
  }

  /** Starts another step with its own fuel. */
  public void refill(long units, String nextTask) {
    fuel = units;
    task = nextTask;
  }

  /** Fuel left. */
  public long left() {
    return fuel;
  }

  /**
   * Takes {@code units}.
   *
   * @throws GrammarException if there are not as many left
   */
  public void spend(int units) {
    fuel -= units;
    if (fuel < 0) {
      throw new GrammarException(Code.TOO_COMPLEX, "fuel", "", task + " ran out of fuel");
    }
  }
}
