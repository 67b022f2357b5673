package ai.kolm.grammar.cfg;

import static ai.kolm.grammar.regex.RegexAlgebra.EPSILON;
import static ai.kolm.grammar.regex.RegexAlgebra.UNBOUNDED;

import ai.kolm.grammar.GrammarException;
import ai.kolm.grammar.GrammarException.Code;
import ai.kolm.grammar.regex.RegexAlgebra;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The rules of a {@link ContextFree} grammar flattened to productions: lists of symbols. What does
 * not depend on a recursive rule is folded into a single language first, so that grammars that are
 * regular become one expression, and others have few and long terminals.
 *
 * <p>A symbol is a terminal (a language, or a part) or, negative, {@code ~n} for rule n.
 */
final class Productions {
  private static final int MAX_COPIES = 2_000;

  /** A terminal: a language, or else a part. */
  record Terminal(int language, int part) {}

  private final ContextFree grammar;
  private final RegexAlgebra algebra;
  private final int maxSymbols;
  final List<Terminal> terminals = new ArrayList<>();

  /** Per rule its productions. */
  final List<List<int[]>> rules = new ArrayList<>();

  final int start;
  private final Map<Terminal, Integer> terminalIds = new HashMap<>();
  private final Map<String, Integer> ruleIds = new HashMap<>();
  private final Map<String, Integer> languages = new HashMap<>();
  private final Map<String, Boolean> visiting = new HashMap<>();
  private int symbols;

  Productions(ContextFree grammar, int maxSymbols) {
    this.grammar = grammar;
    this.algebra = grammar.algebra();
    this.maxSymbols = maxSymbols;
    start = rule(grammar.start());
    LeftRecursion.remove(rules, this::newRule);
    Productivity.check(rules, terminals, start);
    LeftRecursion.check(rules, terminals, algebra, grammar.parts());
  }

  private int newRule() {
    rules.add(new ArrayList<>());
    return rules.size() - 1;
  }

  private int rule(String name) {
    Integer known = ruleIds.get(name);
    if (known != null) {
      return known;
    }
    int id = newRule();
    ruleIds.put(name, id);
    rules.get(id).addAll(productions(expression(name), 0));
    return id;
  }

  private Expression expression(String name) {
    Expression expression = grammar.rules().get(name);
    if (expression == null) {
      throw new GrammarException(
          Code.INVALID, "grammar", name, "the rule \"" + name + "\" is not defined");
    }
    return expression;
  }

  /** The language of an expression without recursion and parts; -1 if it has any. */
  private int language(Expression expression, int depth) {
    grammar.budget().spend(5);
    check(depth);
    return switch (expression) {
      case Expression.Text text -> text.language();
      case Expression.Part part -> -1;
      case Expression.Rule rule -> ruleLanguage(rule.name(), depth);
      case Expression.Sequence sequence -> {
        int all = EPSILON;
        for (int i = sequence.items().size() - 1; i >= 0 && all >= 0; i--) {
          int item = language(sequence.items().get(i), depth + 1);
          all = item < 0 ? -1 : algebra.concat(item, all);
        }
        yield all;
      }
      case Expression.Choice choice -> {
        int[] options = choice.options().stream().mapToInt(o -> language(o, depth + 1)).toArray();
        yield Arrays.stream(options).anyMatch(o -> o < 0) ? -1 : algebra.union(options);
      }
      case Expression.Repeat repeat -> {
        int inner = language(repeat.inner(), depth + 1);
        yield inner < 0 ? -1 : algebra.repeat(inner, repeat.min(), repeat.max());
      }
    };
  }

  private static void check(int depth) {
    if (depth > 500) {
      throw new GrammarException(Code.TOO_COMPLEX, "depth", "", "rules nested deeper than 500");
    }
  }

  private int ruleLanguage(String name, int depth) {
    Integer known = languages.get(name);
    if (known != null) {
      return known;
    }
    if (visiting.putIfAbsent(name, true) != null) {
      return -1;
    }
    int result = language(expression(name), depth + 1);
    visiting.remove(name);
    if (result >= 0 || visiting.isEmpty()) {
      languages.put(name, result);
    }
    return result;
  }

  private List<int[]> productions(Expression expression, int depth) {
    check(depth);
    List<int[]> result = new ArrayList<>();
    if (expression instanceof Expression.Choice choice && language(choice, depth) < 0) {
      for (Expression option : choice.options()) {
        result.addAll(productions(option, depth + 1));
      }
      return result;
    }
    result.add(symbols(expression, depth));
    return result;
  }

  private int[] symbols(Expression expression, int depth) {
    check(depth);
    int language = language(expression, depth);
    if (language >= 0) {
      return language == EPSILON ? new int[0] : counted(terminal(new Terminal(language, -1)));
    }
    return switch (expression) {
      case Expression.Text text -> counted(terminal(new Terminal(text.language(), -1)));
      case Expression.Part part -> counted(terminal(new Terminal(-1, part.part())));
      case Expression.Rule rule -> counted(~rule(rule.name()));
      case Expression.Sequence sequence -> {
        int[] all = new int[0];
        for (Expression item : sequence.items()) {
          all = joined(all, symbols(item, depth + 1));
        }
        yield all;
      }
      case Expression.Choice choice -> {
        int id = newRule();
        rules.get(id).addAll(productions(choice, depth + 1));
        yield counted(~id);
      }
      case Expression.Repeat repeat -> repeat(repeat, depth);
    };
  }

  private int[] repeat(Expression.Repeat repeat, int depth) {
    if (repeat.min() > MAX_COPIES || (repeat.max() != UNBOUNDED && repeat.max() > MAX_COPIES)) {
      throw new GrammarException(
          Code.TOO_COMPLEX, "repeat", "", "more than " + MAX_COPIES + " copies of a rule");
    }
    int[] inner = symbols(repeat.inner(), depth + 1);
    int[] all = new int[0];
    if (repeat.max() == UNBOUNDED) {
      int again = newRule();
      rules.get(again).add(new int[0]);
      rules.get(again).add(joined(inner, new int[] {~again}));
      all = new int[] {~again};
    } else {
      for (int i = repeat.min(); i < repeat.max(); i++) {
        int more = newRule();
        rules.get(more).add(new int[0]);
        rules.get(more).add(joined(inner, all));
        all = new int[] {~more};
      }
    }
    for (int i = 0; i < repeat.min(); i++) {
      all = joined(inner, all);
    }
    return all;
  }

  private int terminal(Terminal terminal) {
    return terminalIds.computeIfAbsent(
        terminal,
        t -> {
          terminals.add(t);
          return terminals.size() - 1;
        });
  }

  private int[] counted(int symbol) {
    return joined(new int[0], new int[] {symbol});
  }

  private int[] joined(int[] a, int[] b) {
    symbols += b.length;
    if (symbols > maxSymbols) {
      throw new GrammarException(
          Code.TOO_COMPLEX, "nodes", "", "more than %,d symbols".formatted(maxSymbols));
    }
    int[] all = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, all, a.length, b.length);
    return all;
  }
}
