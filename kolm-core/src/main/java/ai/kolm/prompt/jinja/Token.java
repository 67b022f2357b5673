package ai.kolm.prompt.jinja;

import org.jspecify.annotations.Nullable;

/**
 * @param text the operator or name, or the text outside of tags
 * @param value of a literal
 * @param line where it begins, from 1
 */
record Token(Kind kind, String text, @Nullable Value value, int line) {
  enum Kind {
    /** Text outside of tags. */
    DATA,
    PRINT_BEGIN,
    PRINT_END,
    BLOCK_BEGIN,
    BLOCK_END,
    NAME,
    /** A string or a number. */
    LITERAL,
    OPERATOR,
    END
  }

  boolean isOperator(String symbol) {
    return kind == Kind.OPERATOR && text.equals(symbol);
  }

  boolean isName(String name) {
    return kind == Kind.NAME && text.equals(name);
  }

  /** What the token is called in an error message. */
  String describe() {
    return switch (kind) {
      case DATA -> "text";
      case PRINT_BEGIN -> "'{{'";
      case PRINT_END -> "'}}'";
      case BLOCK_BEGIN -> "'{%'";
      case BLOCK_END -> "'%}'";
      case LITERAL -> "a literal";
      case NAME, OPERATOR -> "'" + text + "'";
      case END -> "the end of the template";
    };
  }
}
