package ai.kolm.prompt.jinja;

import ai.kolm.prompt.jinja.TemplateError.Kind;
import java.util.List;

/** The tokens of a template and a place among them. */
final class TokenStream {
  private final List<Token> tokens;
  private int at;

  /**
   * @param tokens the last of which is {@link Token.Kind#END}
   */
  TokenStream(List<Token> tokens) {
    this.tokens = tokens;
  }

  Token current() {
    return tokens.get(at);
  }

  /** The token behind the current one; at the end, the end again. */
  Token ahead() {
    return tokens.get(Math.min(at + 1, tokens.size() - 1));
  }

  /** Goes on, and gives the token that was current. */
  Token next() {
    Token token = current();
    at = Math.min(at + 1, tokens.size() - 1);
    return token;
  }

  boolean skipName(String name) {
    boolean found = current().isName(name);
    if (found) {
      next();
    }
    return found;
  }

  boolean skipOperator(String symbol) {
    boolean found = current().isOperator(symbol);
    if (found) {
      next();
    }
    return found;
  }

  boolean is(Token.Kind kind) {
    return current().kind() == kind;
  }

  Token expect(Token.Kind kind) {
    if (!is(kind)) {
      throw unexpected("expected " + (kind == Token.Kind.NAME ? "a name" : "the end of the tag"));
    }
    return next();
  }

  void expectOperator(String symbol) {
    if (!skipOperator(symbol)) {
      throw unexpected("expected '" + symbol + "'");
    }
  }

  void expectName(String name) {
    if (!skipName(name)) {
      throw unexpected("expected '" + name + "'");
    }
  }

  TemplateError unexpected(String expected) {
    return error(expected + ", got " + current().describe());
  }

  TemplateError error(String message) {
    return new TemplateError(Kind.SYNTAX, current().line(), message);
  }
}
