package ai.kolm.prompt.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A statement; each knows the line it begins on. */
sealed interface Stmt {
  int line();

  /** Text outside of tags. */
  record Data(Text text, int line) implements Stmt {}

  record Print(Expr value, int line) implements Stmt {}

  record If(List<Branch> branches, List<Stmt> otherwise, int line) implements Stmt {}

  record Branch(Expr condition, List<Stmt> body) {}

  record For(
      Target target,
      Expr items,
      @Nullable Expr filter,
      boolean recursive,
      List<Stmt> body,
      List<Stmt> otherwise,
      int line)
      implements Stmt {}

  record Set(Target target, Expr value, int line) implements Stmt {}

  /** {@code set name | filter} ... {@code endset}: what the body writes, as a value. */
  record SetBlock(Target target, List<Expr.Step> filters, List<Stmt> body, int line)
      implements Stmt {}

  record MacroDef(String name, MacroBody macro, int line) implements Stmt {}

  /**
   * What a macro and a call block have in common.
   *
   * @param usesCaller whether the body mentions {@code caller}; the like for the others
   */
  record MacroBody(
      List<Parameter> parameters,
      List<Stmt> body,
      boolean usesCaller,
      boolean usesVarargs,
      boolean usesKwargs) {}

  record Parameter(String name, @Nullable Expr fallback) {}

  /**
   * {@code call(parameters) callee(arguments)} ... {@code endcall}.
   *
   * @param callee the expression without the call itself
   */
  record CallBlock(Expr callee, Expr.CallArguments arguments, MacroBody caller, int line)
      implements Stmt {}

  record FilterBlock(List<Expr.Step> filters, List<Stmt> body, int line) implements Stmt {}

  record With(List<Binding> bindings, List<Stmt> body, int line) implements Stmt {}

  record Binding(Target target, Expr value) {}

  /** {@code generation} ... {@code endgeneration}: marks what the model wrote; prints its body. */
  record Generation(List<Stmt> body, int line) implements Stmt {}

  record Break(int line) implements Stmt {}

  record Continue(int line) implements Stmt {}

  /** What is assigned to. */
  sealed interface Target {}

  record NameTarget(String name) implements Target {}

  /** {@code namespace.attribute}. */
  record AttributeTarget(String namespace, String attribute) implements Target {}

  record TupleTarget(List<Target> targets) implements Target {}
}
