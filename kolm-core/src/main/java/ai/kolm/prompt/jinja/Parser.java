package ai.kolm.prompt.jinja;

import ai.kolm.prompt.jinja.TemplateError.Kind;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads statements; {@link ExpressionParser} reads what is inside of them. */
final class Parser {
  private final TokenStream tokens;
  private final ParserState state;
  private final ExpressionParser expressions;

  /** Whether {@code break} and {@code continue} have a loop to act on. */
  private boolean inLoop;

  Parser(List<Token> tokens, int maxDepth) {
    this.tokens = new TokenStream(tokens);
    this.state = new ParserState(this.tokens, maxDepth);
    this.expressions = new ExpressionParser(this.tokens, state);
  }

  Template parse() {
    List<Stmt> body = body();
    if (!tokens.is(Token.Kind.END)) {
      throw tokens.error("Encountered unknown tag " + tokens.current().describe() + ".");
    }
    TemplateError unknown = state.unknown();
    if (unknown != null) {
      throw unknown;
    }
    return new Template(body, state.names(), state.strings());
  }

  /** Statements up to the end of the template, or up to a tag that is none of theirs. */
  private List<Stmt> body(String... endTags) {
    List<Stmt> body = new ArrayList<>();
    while (true) {
      Token token = tokens.current();
      switch (token.kind()) {
        case DATA -> {
          tokens.next();
          body.add(new Stmt.Data(Text.template(token.text()), token.line()));
        }
        case PRINT_BEGIN -> {
          tokens.next();
          body.add(new Stmt.Print(expressions.tuple(), token.line()));
          tokens.expect(Token.Kind.PRINT_END);
        }
        case BLOCK_BEGIN -> {
          tokens.next();
          for (String tag : endTags) {
            if (tokens.current().isName(tag)) {
              return body;
            }
          }
          body.add(state.nested(() -> statement(token.line())));
          tokens.expect(Token.Kind.BLOCK_END);
        }
        case END -> {
          if (endTags.length > 0) {
            throw tokens.error(
                "Unexpected end of template, expected '%s'"
                    .formatted(String.join("' or '", endTags)));
          }
          return body;
        }
        case PRINT_END, BLOCK_END, NAME, LITERAL, OPERATOR ->
            throw tokens.unexpected("expected text or a tag");
      }
    }
  }

  /** The body of a tag, from the end of the tag to the tag that ends the body. */
  private List<Stmt> block(String... endTags) {
    tokens.skipOperator(":");
    tokens.expect(Token.Kind.BLOCK_END);
    return body(endTags);
  }

  /** As {@link #block}, with the end tag. */
  private List<Stmt> closedBlock(String endTag) {
    List<Stmt> body = block(endTag);
    tokens.expectName(endTag);
    return body;
  }

  /** The body of something that has a scope and is not a condition. */
  private List<Stmt> scoped(String endTag) {
    return state.leniently(false, () -> closedBlock(endTag));
  }

  private Stmt statement(int line) {
    Token tag = tokens.expect(Token.Kind.NAME);
    return switch (tag.text()) {
      case "if" -> state.leniently(true, () -> branches(line));
      case "for" -> loop(line);
      case "set" -> set(line);
      case "macro" -> {
        String name = tokens.expect(Token.Kind.NAME).text();
        yield new Stmt.MacroDef(name, macroBody(signature(), "endmacro"), line);
      }
      case "call" -> callBlock(line);
      case "filter" -> {
        List<Expr.Step> filters = new ArrayList<>(List.of(expressions.filter()));
        filters.addAll(filters());
        yield new Stmt.FilterBlock(filters, scoped("endfilter"), line);
      }
      case "with" -> new Stmt.With(bindings(), scoped("endwith"), line);
      case "generation" -> new Stmt.Generation(withoutLoop("endgeneration"), line);
      case "break" -> {
        checkLoop(tag);
        yield new Stmt.Break(line);
      }
      case "continue" -> {
        checkLoop(tag);
        yield new Stmt.Continue(line);
      }
      case "extends", "block", "include", "import", "from", "autoescape", "print" ->
          throw new TemplateError(
              Kind.SYNTAX, line, "the tag '" + tag.text() + "' is not available in chat templates");
      default ->
          throw new TemplateError(
              Kind.SYNTAX, line, "Encountered unknown tag '" + tag.text() + "'.");
    };
  }

  private void checkLoop(Token tag) {
    if (!inLoop) {
      throw new TemplateError(Kind.SYNTAX, tag.line(), "'" + tag.text() + "' outside of a loop");
    }
  }

  private Stmt branches(int line) {
    List<Stmt.Branch> branches = new ArrayList<>();
    do {
      Expr condition = expressions.tupleWithoutCondition();
      branches.add(new Stmt.Branch(condition, block("elif", "else", "endif")));
    } while (tokens.skipName("elif"));
    List<Stmt> otherwise = tokens.skipName("else") ? block("endif") : List.of();
    tokens.expectName("endif");
    return new Stmt.If(branches, otherwise, line);
  }

  private Stmt loop(int line) {
    boolean outside = inLoop;
    inLoop = true;
    Stmt.Target target = targets(false);
    inLoop = outside;
    tokens.expectName("in");
    Expr items = expressions.tupleWithoutCondition();
    Expr filter = tokens.skipName("if") ? expressions.expression() : null;
    boolean recursive = tokens.skipName("recursive");
    inLoop = true;
    List<Stmt> body = state.leniently(false, () -> block("endfor", "else"));
    inLoop = outside;
    List<Stmt> otherwise =
        tokens.skipName("else") ? state.leniently(false, () -> block("endfor")) : List.of();
    tokens.expectName("endfor");
    return new Stmt.For(target, items, filter, recursive, body, otherwise, line);
  }

  private Stmt set(int line) {
    Stmt.Target target = targets(true);
    if (tokens.skipOperator("=")) {
      return new Stmt.Set(target, expressions.tuple(), line);
    }
    List<Expr.Step> filters = filters();
    return new Stmt.SetBlock(target, filters, scoped("endset"), line);
  }

  private List<Expr.Step> filters() {
    List<Expr.Step> filters = new ArrayList<>();
    while (tokens.skipOperator("|")) {
      filters.add(expressions.filter());
    }
    return filters;
  }

  private Stmt callBlock(int line) {
    List<Stmt.Parameter> parameters = tokens.current().isOperator("(") ? signature() : List.of();
    Expr call = expressions.expression();
    if (call instanceof Expr.Postfix postfix
        && postfix.steps().getLast() instanceof Expr.Call last) {
      List<Expr.Step> before = postfix.steps().subList(0, postfix.steps().size() - 1);
      Expr callee = before.isEmpty() ? postfix.base() : new Expr.Postfix(postfix.base(), before);
      return new Stmt.CallBlock(callee, last.arguments(), macroBody(parameters, "endcall"), line);
    }
    throw new TemplateError(Kind.SYNTAX, line, "expected call");
  }

  private Stmt.MacroBody macroBody(List<Stmt.Parameter> parameters, String endTag) {
    Set<String> names = new HashSet<>();
    List<Stmt> body = state.collectingNames(names, () -> withoutLoop(endTag));
    parameters.forEach(parameter -> names.remove(parameter.name()));
    return new Stmt.MacroBody(
        parameters,
        body,
        names.contains("caller"),
        names.contains("varargs"),
        names.contains("kwargs"));
  }

  /** A body that becomes a function of its own: no loop outside of it can be left from inside. */
  private List<Stmt> withoutLoop(String endTag) {
    boolean outside = inLoop;
    inLoop = false;
    List<Stmt> body = scoped(endTag);
    inLoop = outside;
    return body;
  }

  private List<Stmt.Parameter> signature() {
    List<Stmt.Parameter> parameters = new ArrayList<>();
    tokens.expectOperator("(");
    while (!tokens.skipOperator(")")) {
      if (!parameters.isEmpty()) {
        tokens.expectOperator(",");
      }
      String name = tokens.expect(Token.Kind.NAME).text();
      Expr fallback = tokens.skipOperator("=") ? expressions.expression() : null;
      if (fallback == null && !parameters.isEmpty() && parameters.getLast().fallback() != null) {
        throw tokens.error("non-default argument follows default argument");
      }
      parameters.add(new Stmt.Parameter(name, fallback));
    }
    return parameters;
  }

  private List<Stmt.Binding> bindings() {
    List<Stmt.Binding> bindings = new ArrayList<>();
    while (!tokens.is(Token.Kind.BLOCK_END)) {
      if (!bindings.isEmpty()) {
        tokens.expectOperator(",");
      }
      Stmt.Target target = target(false);
      tokens.expectOperator("=");
      bindings.add(new Stmt.Binding(target, expressions.expression()));
    }
    return bindings;
  }

  /** {@code a}, or {@code a, b}. */
  private Stmt.Target targets(boolean namespaces) {
    Stmt.Target first = target(namespaces);
    if (!tokens.current().isOperator(",")) {
      return first;
    }
    List<Stmt.Target> targets = new ArrayList<>(List.of(first));
    while (tokens.skipOperator(",")) {
      targets.add(target(namespaces));
    }
    return new Stmt.TupleTarget(targets);
  }

  private Stmt.Target target(boolean namespaces) {
    if (tokens.skipOperator("(")) {
      Stmt.Target inner = state.nested(() -> targets(namespaces));
      tokens.expectOperator(")");
      return inner;
    }
    Token name = tokens.expect(Token.Kind.NAME);
    if (namespaces && tokens.skipOperator(".")) {
      return new Stmt.AttributeTarget(name.text(), tokens.expect(Token.Kind.NAME).text());
    }
    @Nullable String fault =
        switch (name.text()) {
          case "true", "True", "false", "False", "none", "None" -> "can't assign to 'const'";
          case "loop" -> inLoop ? "Can't assign to special loop variable in for-loop target" : null;
          default -> null;
        };
    if (fault != null) {
      throw new TemplateError(Kind.SYNTAX, name.line(), fault);
    }
    return new Stmt.NameTarget(name.text());
  }
}
