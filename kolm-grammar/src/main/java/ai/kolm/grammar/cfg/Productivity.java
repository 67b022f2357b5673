package ai.kolm.grammar.cfg;

import ai.kolm.grammar.GrammarException;
import ai.kolm.grammar.GrammarException.Code;
import java.util.List;

/** Drops what derives nothing, so that whatever has been begun can be ended. */
final class Productivity {
  private Productivity() {}

  static void check(List<List<int[]>> rules, List<Productions.Terminal> terminals, int start) {
    boolean[] productive = new boolean[rules.size()];
    boolean grown = true;
    while (grown) {
      grown = false;
      for (int rule = 0; rule < productive.length; rule++) {
        if (!productive[rule]
            && rules.get(rule).stream().anyMatch(p -> ends(p, productive, terminals))) {
          productive[rule] = true;
          grown = true;
        }
      }
    }
    if (!productive[start]) {
      throw new GrammarException(
          Code.UNSATISFIABLE, "grammar", "", "no text can be derived from the start rule");
    }
    for (List<int[]> productions : rules) {
      productions.removeIf(p -> !ends(p, productive, terminals));
    }
  }

  private static boolean ends(
      int[] production, boolean[] productive, List<Productions.Terminal> terminals) {
    for (int symbol : production) {
      if (symbol < 0 ? !productive[~symbol] : terminals.get(symbol).language() == 0) {
        return false;
      }
    }
    return true;
  }
}
