package ai.kolm.grammar.cfg;

import ai.kolm.grammar.GrammarException;
import ai.kolm.grammar.GrammarException.Code;
import ai.kolm.grammar.automaton.ByteAutomaton;
import ai.kolm.grammar.regex.RegexAlgebra;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntSupplier;

/**
 * Rules that start with themselves. {@code A: A x | y} is rewritten to {@code A: y B} and {@code B:
 * x B |}, which derives the same; recursion on the left by way of other rules is refused.
 */
final class LeftRecursion {
  private LeftRecursion() {}

  static void remove(List<List<int[]>> rules, IntSupplier newRule) {
    int count = rules.size();
    for (int rule = 0; rule < count; rule++) {
      int self = ~rule;
      boolean direct = rules.get(rule).stream().anyMatch(p -> p.length > 0 && p[0] == self);
      if (direct) {
        rewrite(rules, rule, newRule.getAsInt());
      }
    }
  }

  private static void rewrite(List<List<int[]>> rules, int rule, int tail) {
    List<int[]> starts = new ArrayList<>();
    List<int[]> more = new ArrayList<>();
    more.add(new int[0]);
    for (int[] production : rules.get(rule)) {
      if (production.length > 0 && production[0] == ~rule) {
        int[] rest = Arrays.copyOfRange(production, 1, production.length + 1);
        rest[rest.length - 1] = ~tail;
        if (rest.length > 1) {
          more.add(rest);
        }
      } else {
        int[] start = Arrays.copyOf(production, production.length + 1);
        start[production.length] = ~tail;
        starts.add(start);
      }
    }
    rules.set(rule, starts);
    rules.get(tail).addAll(more);
  }

  /** Refuses rules that can get back to themselves before anything is read, with more to do. */
  static void check(
      List<List<int[]>> rules,
      List<Productions.Terminal> terminals,
      RegexAlgebra algebra,
      List<ByteAutomaton> parts) {
    boolean[] nullable = nullable(rules, terminals, algebra, parts);
    int[][] first = new int[rules.size()][];
    for (int rule = 0; rule < first.length; rule++) {
      first[rule] = firstRules(rules.get(rule), nullable, terminals, algebra, parts);
    }
    int[] state = new int[rules.size()];
    for (int rule = 0; rule < first.length; rule++) {
      search(rule, first, state);
    }
  }

  /** Rules a production may start with, each times two, plus one if more follows it. */
  private static int[] firstRules(
      List<int[]> productions,
      boolean[] nullable,
      List<Productions.Terminal> terminals,
      RegexAlgebra algebra,
      List<ByteAutomaton> parts) {
    List<Integer> found = new ArrayList<>();
    for (int[] production : productions) {
      for (int i = 0; i < production.length; i++) {
        int symbol = production[i];
        if (symbol < 0) {
          found.add(2 * ~symbol + (i + 1 < production.length ? 1 : 0));
        }
        boolean empty =
            symbol < 0 ? nullable[~symbol] : isNullable(terminals.get(symbol), algebra, parts);
        if (!empty) {
          break;
        }
      }
    }
    return found.stream().mapToInt(Integer::intValue).distinct().toArray();
  }

  private static boolean isNullable(
      Productions.Terminal terminal, RegexAlgebra algebra, List<ByteAutomaton> parts) {
    if (terminal.part() < 0) {
      return algebra.isNullable(terminal.language());
    }
    ByteAutomaton part = parts.get(terminal.part());
    return part.accepts(part.start());
  }

  private static boolean[] nullable(
      List<List<int[]>> rules,
      List<Productions.Terminal> terminals,
      RegexAlgebra algebra,
      List<ByteAutomaton> parts) {
    boolean[] nullable = new boolean[rules.size()];
    boolean grown = true;
    while (grown) {
      grown = false;
      for (int rule = 0; rule < nullable.length; rule++) {
        for (int[] production : rules.get(rule)) {
          boolean empty =
              Arrays.stream(production)
                  .allMatch(
                      s -> s < 0 ? nullable[~s] : isNullable(terminals.get(s), algebra, parts));
          grown |= empty && !nullable[rule];
          nullable[rule] |= empty;
        }
      }
    }
    return nullable;
  }

  /** Depth-first, without recursion; a cycle in which some edge has more to do is refused. */
  private static void search(int start, int[][] first, int[] state) {
    if (state[start] != 0) {
      return;
    }
    List<int[]> path = new ArrayList<>();
    path.add(new int[] {start, 0, 0});
    state[start] = 1;
    while (!path.isEmpty()) {
      int[] top = path.getLast();
      if (top[1] == first[top[0]].length) {
        state[top[0]] = 2;
        path.removeLast();
        continue;
      }
      int edge = first[top[0]][top[1]++];
      int next = edge >> 1;
      if (state[next] == 1) {
        refuseIfGrowing(path, next, edge & 1);
      } else if (state[next] == 0) {
        state[next] = 1;
        path.add(new int[] {next, 0, edge & 1});
      }
    }
  }

  private static void refuseIfGrowing(List<int[]> path, int to, int last) {
    int grows = last;
    for (int i = path.size() - 1; path.get(i)[0] != to; i--) {
      grows |= path.get(i)[2];
    }
    if (grows != 0) {
      throw new GrammarException(
          Code.UNSUPPORTED, "left recursion", "", "left recursion by way of other rules");
    }
  }
}
