package ai.kolm.prompt.jinja;

import ai.kolm.prompt.jinja.Value.Callable;
import ai.kolm.prompt.jinja.Value.Dict;
import ai.kolm.prompt.jinja.Value.Namespace;
import ai.kolm.prompt.jinja.Value.Seq;
import ai.kolm.prompt.jinja.Value.Undefined;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/** Executes statements. For one rendering, one thread. */
final class Interpreter {

  /** How the statements behind the current one go on. */
  private enum Flow {
    NEXT,
    BREAK,
    CONTINUE
  }

  private final Budget budget;
  private final Evaluator evaluator;

  /** The statement being executed, for errors. */
  private int line = 1;

  Interpreter(Budget budget) {
    this.budget = budget;
    this.evaluator = new Evaluator(budget);
  }

  Text render(List<Stmt> body, Scope scope) {
    TextBuilder out = new TextBuilder(budget);
    try {
      execute(body, scope, out);
    } catch (TemplateError e) {
      throw e.at(line);
    }
    return out.build();
  }

  private Flow execute(List<Stmt> body, Scope scope, TextBuilder out) {
    for (Stmt stmt : body) {
      Flow flow = execute(stmt, scope, out);
      if (flow != Flow.NEXT) {
        return flow;
      }
    }
    return Flow.NEXT;
  }

  private Flow execute(Stmt stmt, Scope scope, TextBuilder out) {
    budget.step();
    budget.enter();
    line = stmt.line();
    Flow flow = Flow.NEXT;
    switch (stmt) {
      case Stmt.Data data -> out.append(data.text());
      case Stmt.Print print ->
          out.append(PyStrings.str(evaluator.evaluate(print.value(), scope), budget));
      case Stmt.If branches -> flow = branch(branches, scope, out);
      case Stmt.For loop -> loop(loop, scope, evaluator.evaluate(loop.items(), scope), 0, out);
      case Stmt.Set set -> assign(set.target(), evaluator.evaluate(set.value(), scope), scope);
      case Stmt.SetBlock set -> {
        TextBuilder body = new TextBuilder(budget);
        Scope inner = new Scope(scope);
        flow = execute(set.body(), inner, body);
        if (flow == Flow.NEXT) {
          assign(set.target(), filtered(body.build(), set.filters(), inner), scope);
        }
      }
      case Stmt.MacroDef def -> scope.set(def.name(), macro(def.name(), def.macro(), scope));
      case Stmt.CallBlock call -> out.append(PyStrings.str(call(call, scope), budget));
      case Stmt.FilterBlock filter -> {
        TextBuilder body = new TextBuilder(budget);
        Scope inner = new Scope(scope);
        flow = execute(filter.body(), inner, body);
        if (flow == Flow.NEXT) {
          Value result = filtered(body.build(), filter.filters(), inner);
          out.append(PyStrings.str(result, budget));
        }
      }
      case Stmt.With with -> flow = with(with, scope, out);
      case Stmt.Generation generation -> execute(generation.body(), new Scope(scope), out);
      case Stmt.Break _ -> flow = Flow.BREAK;
      case Stmt.Continue _ -> flow = Flow.CONTINUE;
    }
    budget.leave();
    return flow;
  }

  private Value filtered(Value input, List<Expr.Step> filters, Scope scope) {
    Value value = input;
    for (Expr.Step filter : filters) {
      value = evaluator.step(value, filter, scope);
    }
    return value;
  }

  private Flow branch(Stmt.If branches, Scope scope, TextBuilder out) {
    for (Stmt.Branch branch : branches.branches()) {
      if (evaluator.holds(branch.condition(), scope)) {
        return execute(branch.body(), scope, out);
      }
    }
    return execute(branches.otherwise(), scope, out);
  }

  private Flow with(Stmt.With with, Scope scope, TextBuilder out) {
    Scope inner = new Scope(scope);
    for (Stmt.Binding binding : with.bindings()) {
      assign(binding.target(), evaluator.evaluate(binding.value(), scope), inner);
    }
    return execute(with.body(), inner, out);
  }

  private void loop(Stmt.For loop, Scope scope, Value iterable, int depth, TextBuilder out) {
    Iterator<Value> items = Operators.iterate(iterable, budget);
    Expr filter = loop.filter();
    Loop state =
        new Loop(
            filter == null ? items : new Selected(items, loop.target(), filter, scope),
            filter == null && iterable instanceof Seq seq ? seq : null,
            inner -> recurse(loop, scope, inner, depth),
            depth);
    // As in jinja2, a turn that break or continue ends does not count for the else branch.
    boolean completed = false;
    for (long n = 1; state.hasNext(); n++) {
      budget.step();
      budget.turn(n);
      Scope turn = new Scope(scope);
      turn.set("loop", state);
      assign(loop.target(), state.next(), turn);
      Flow flow = execute(loop.body(), turn, out);
      if (flow == Flow.BREAK) {
        break;
      }
      completed |= flow == Flow.NEXT;
    }
    if (!completed) {
      execute(loop.otherwise(), new Scope(scope), out);
    }
  }

  /** {@code loop(items)} inside of a recursive loop. */
  private Value recurse(Stmt.For loop, Scope scope, Value iterable, int depth) {
    if (!loop.recursive()) {
      throw TemplateError.evaluation(
          "The loop must have the 'recursive' marker to be called recursively.");
    }
    int caller = line;
    TextBuilder out = new TextBuilder(budget);
    budget.enter();
    loop(loop, scope, iterable, depth + 1, out);
    budget.leave();
    line = caller;
    return out.build();
  }

  /** The items for which the condition of a loop holds, each tested when its turn comes. */
  private final class Selected implements Iterator<Value> {
    private final Iterator<Value> items;
    private final Stmt.Target target;
    private final Expr condition;
    private final Scope scope;
    private @Nullable Value next;

    Selected(Iterator<Value> items, Stmt.Target target, Expr condition, Scope scope) {
      this.items = items;
      this.target = target;
      this.condition = condition;
      this.scope = scope;
    }

    @Override
    public boolean hasNext() {
      while (next == null && items.hasNext()) {
        Value candidate = items.next();
        Scope inner = new Scope(scope);
        assign(target, candidate, inner);
        next = evaluator.holds(condition, inner) ? candidate : null;
      }
      return next != null;
    }

    @Override
    public Value next() {
      if (!hasNext() || next == null) {
        throw new NoSuchElementException();
      }
      Value value = next;
      next = null;
      return value;
    }
  }

  private void assign(Stmt.Target target, Value value, Scope scope) {
    switch (target) {
      case Stmt.NameTarget name -> scope.set(name.name(), value);
      case Stmt.AttributeTarget attribute -> {
        if (!(scope.find(attribute.namespace()) instanceof Namespace namespace)) {
          throw TemplateError.evaluation("cannot assign attribute on non-namespace object");
        }
        namespace.set(attribute.attribute(), value);
      }
      case Stmt.TupleTarget tuple -> unpack(tuple.targets(), value, scope);
    }
  }

  private void unpack(List<Stmt.Target> targets, Value value, Scope scope) {
    if (!Operators.isIterable(value)) {
      throw TemplateError.evaluation("cannot unpack non-iterable " + value.typeName() + " object");
    }
    List<Value> items = Operators.toList(value, budget);
    if (items.size() > targets.size()) {
      throw TemplateError.evaluation("too many values to unpack (expected " + targets.size() + ")");
    }
    if (items.size() < targets.size()) {
      throw TemplateError.evaluation(
          "not enough values to unpack (expected %d, got %d)"
              .formatted(targets.size(), items.size()));
    }
    for (int i = 0; i < items.size(); i++) {
      assign(targets.get(i), items.get(i), scope);
    }
  }

  private Callable macro(String name, Stmt.MacroBody macro, Scope scope) {
    return arguments -> {
      int caller = line;
      budget.step();
      TextBuilder out = new TextBuilder(budget);
      execute(macro.body(), parameters(name, macro, arguments, scope), out);
      line = caller;
      return out.build();
    };
  }

  /** The scope of a macro's body, with what it was called with. */
  private Scope parameters(String name, Stmt.MacroBody macro, Arguments given, Scope scope) {
    Scope inner = new Scope(scope);
    Map<String, Value> named = given.namedCopy();
    List<Value> positional = given.positional();
    int n = macro.parameters().size();
    for (int i = 0; i < n; i++) {
      Stmt.Parameter parameter = macro.parameters().get(i);
      Value value = i < positional.size() ? positional.get(i) : named.remove(parameter.name());
      inner.set(parameter.name(), value != null ? value : fallback(parameter, inner));
    }
    if (macro.usesCaller()) {
      Value caller = named.remove("caller");
      inner.set("caller", caller != null ? caller : new Undefined(() -> "No caller defined"));
    }
    if (macro.usesKwargs()) {
      Dict.Builder rest = new Dict.Builder();
      named.forEach((key, value) -> rest.put(Text.template(key), value));
      inner.set("kwargs", rest.build());
    } else if (!named.isEmpty()) {
      throw TemplateError.evaluation(
          "macro '%s' takes no keyword argument '%s'"
              .formatted(name, named.keySet().iterator().next()));
    }
    if (macro.usesVarargs()) {
      List<Value> rest = positional.subList(Math.min(n, positional.size()), positional.size());
      inner.set("varargs", new Seq(Value.SeqKind.TUPLE, new ArrayList<>(rest)));
    } else if (positional.size() > n) {
      throw TemplateError.evaluation(
          "macro '%s' takes not more than %d argument(s)".formatted(name, n));
    }
    return inner;
  }

  private Value fallback(Stmt.Parameter parameter, Scope scope) {
    Expr fallback = parameter.fallback();
    return fallback != null
        ? evaluator.evaluate(fallback, scope)
        : new Undefined(() -> "parameter '%s' was not provided".formatted(parameter.name()));
  }

  /** Calls a macro that gets the body of the block as its {@code caller}. */
  private Value call(Stmt.CallBlock call, Scope scope) {
    Value callee = evaluator.evaluate(call.callee(), scope);
    Arguments given = evaluator.arguments(call.arguments(), scope);
    Map<String, Value> named = given.namedCopy();
    named.put("caller", macro("caller", call.caller(), scope));
    return evaluator.call(callee, new Arguments(given.positional(), named));
  }
}
