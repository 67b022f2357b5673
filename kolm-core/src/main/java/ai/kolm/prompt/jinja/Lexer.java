package ai.kolm.prompt.jinja;

import ai.kolm.prompt.jinja.TemplateError.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Splits a template into tokens and settles white space, as jinja2 does with {@code trim_blocks}
 * and {@code lstrip_blocks} on and {@code keep_trailing_newline} off: the line break after a block
 * or comment goes, and so does the white space before one that begins its line; {@code -} takes all
 * white space on its side, {@code +} keeps what the two options would take. The last line break of
 * the template goes.
 */
final class Lexer {
  private static final List<String> OPERATORS =
      List.of(
          "**", "//", "==", "!=", ">=", "<=", "+", "-", "*", "/", "%", "~", "[", "]", "(", ")", "{",
          "}", ">", "<", "=", ".", ":", "|", ",", ";");

  private final String source;
  private final List<Token> tokens = new ArrayList<>();
  private int at;
  private int line = 1;

  /** Whether what came before {@link #at} ended a line; true at the start. */
  private boolean lineStart = true;

  private Lexer(String source) {
    this.source = source;
  }

  static List<Token> tokens(String source) {
    String text = source.replace("\r\n", "\n").replace('\r', '\n');
    Lexer lexer = new Lexer(text.endsWith("\n") ? text.substring(0, text.length() - 1) : text);
    try {
      lexer.run();
    } catch (TemplateError e) {
      throw e.at(lexer.line);
    }
    return lexer.tokens;
  }

  private void run() {
    while (at < source.length()) {
      int tag = nextTag(at);
      if (tag < 0) {
        data(at, source.length());
        at = source.length();
        break;
      }
      tag(tag);
    }
    add(Token.Kind.END, "");
  }

  private int nextTag(int from) {
    for (int i = source.indexOf('{', from); i >= 0; i = source.indexOf('{', i + 1)) {
      if (i + 1 < source.length() && "%{#".indexOf(source.charAt(i + 1)) >= 0) {
        return i;
      }
    }
    return -1;
  }

  /** The text before the tag at {@code tag}, and the tag. */
  private void tag(int tag) {
    char type = source.charAt(tag + 1);
    int inside = tag + 2;
    char sign = inside < source.length() ? source.charAt(inside) : ' ';
    if (sign == '-' || sign == '+') {
      inside++;
    }
    data(at, dataEnd(at, tag, sign, type != '{'));
    advance(at, tag);
    lineStart = false;
    at = inside;
    switch (type) {
      case '#' -> comment();
      case '{' -> {
        add(Token.Kind.PRINT_BEGIN, "");
        code("}}", Token.Kind.PRINT_END);
      }
      default -> {
        if (!raw(inside)) {
          add(Token.Kind.BLOCK_BEGIN, "");
          code("%}", Token.Kind.BLOCK_END);
        }
      }
    }
  }

  /** Where the text before a tag ends, once the white space in front of the tag is gone. */
  private int dataEnd(int from, int tag, char sign, boolean block) {
    int stripped = tag;
    int lineBegin = -1;
    while (stripped > from && PyStrings.isSpace(source.charAt(stripped - 1))) {
      if (lineBegin < 0 && source.charAt(stripped - 1) == '\n') {
        lineBegin = stripped;
      }
      stripped--;
    }
    if (sign == '-') {
      return stripped;
    }
    if (lineBegin < 0 && lineStart && stripped == from) {
      lineBegin = from;
    }
    return block && sign != '+' && lineBegin >= 0 ? lineBegin : tag;
  }

  private void data(int from, int to) {
    if (from < to) {
      add(Token.Kind.DATA, source.substring(from, to));
    }
  }

  private void comment() {
    int end = source.indexOf("#}", at);
    if (end < 0) {
      throw error("Missing end of comment tag");
    }
    boolean signed = end > at && "+-".indexOf(source.charAt(end - 1)) >= 0;
    close(end + 2, signed ? source.charAt(end - 1) : ' ', true);
  }

  /** Leaves a tag: the white space behind it that goes with it. */
  private void close(int end, char sign, boolean block) {
    int next = end;
    if (sign == '-') {
      while (next < source.length() && PyStrings.isSpace(source.charAt(next))) {
        next++;
      }
    } else if (sign != '+' && block && next < source.length() && source.charAt(next) == '\n') {
      next++;
    }
    advance(at, next);
    lineStart = source.charAt(next - 1) == '\n';
    at = next;
  }

  /** {@code raw} ... {@code endraw}: text in which nothing is a tag. */
  private boolean raw(int inside) {
    int begin = keyword(inside, "raw");
    if (begin < 0) {
      return false;
    }
    boolean strip = source.charAt(begin) == '-';
    close(begin + (strip ? 3 : 2), strip ? '-' : '+', true);
    for (int tag = source.indexOf("{%", at); tag >= 0; tag = source.indexOf("{%", tag + 2)) {
      boolean signed = tag + 2 < source.length() && "+-".indexOf(source.charAt(tag + 2)) >= 0;
      int end = keyword(tag + (signed ? 3 : 2), "endraw");
      if (end >= 0) {
        data(at, dataEnd(at, tag, signed ? source.charAt(tag + 2) : ' ', true));
        boolean endSigned = source.charAt(end) != '%';
        close(end + (endSigned ? 3 : 2), endSigned ? source.charAt(end) : ' ', true);
        return true;
      }
    }
    throw error("Missing end of raw directive");
  }

  /** Where the end of the tag begins, if it holds just this word; else -1. */
  private int keyword(int from, String word) {
    int i = skipSpace(from);
    if (!source.startsWith(word, i)) {
      return -1;
    }
    i = skipSpace(i + word.length());
    boolean ends = source.startsWith("%}", i) || source.startsWith("-%}", i);
    boolean plus = word.equals("endraw") && source.startsWith("+%}", i);
    return ends || plus ? i : -1;
  }

  private int skipSpace(int from) {
    int i = from;
    while (i < source.length() && PyStrings.isSpace(source.charAt(i))) {
      i++;
    }
    return i;
  }

  /** The tokens inside a tag, up to its end. */
  private void code(String end, Token.Kind endKind) {
    Deque<Character> open = new ArrayDeque<>();
    while (true) {
      int next = skipSpace(at);
      advance(at, next);
      at = next;
      if (at >= source.length()) {
        throw error("unexpected end of template, expected '" + end + "'");
      }
      char c = source.charAt(at);
      if (open.isEmpty()) {
        boolean block = end.equals("%}");
        boolean signed = c == '-' || (c == '+' && block);
        if (source.startsWith(end, signed ? at + 1 : at)) {
          add(endKind, "");
          close(at + (signed ? 3 : 2), signed ? c : ' ', block);
          return;
        }
      }
      literalNameOrOperator(c, open);
    }
  }

  private void literalNameOrOperator(char c, Deque<Character> open) {
    if (c >= '0' && c <= '9') {
      NumberLiteral number = NumberLiteral.scan(source, at);
      literal(number.value(), number.end());
    } else if (Character.isUnicodeIdentifierStart(source.codePointAt(at)) || c == '_') {
      name();
    } else if (c == '\'' || c == '"') {
      string(c);
    } else {
      operator(open);
    }
  }

  private void name() {
    int end = at;
    while (end < source.length() && Character.isUnicodeIdentifierPart(source.codePointAt(end))) {
      end += Character.charCount(source.codePointAt(end));
    }
    String name = source.substring(at, end);
    if (name.startsWith("__")) {
      throw error("names that begin with two underscores are not available");
    }
    add(Token.Kind.NAME, name);
    at = end;
  }

  private void string(char quote) {
    int end = at + 1;
    while (end < source.length() && source.charAt(end) != quote) {
      end += source.charAt(end) == '\\' ? 2 : 1;
    }
    if (end >= source.length()) {
      throw error("a string is not closed");
    }
    String text = StringLiteral.unescape(source.substring(at + 1, end), line);
    literal(Text.template(text), end + 1);
  }

  private void literal(Value value, int end) {
    tokens.add(new Token(Token.Kind.LITERAL, "", value, line));
    advance(at, end);
    at = end;
  }

  private void operator(Deque<Character> open) {
    for (String operator : OPERATORS) {
      if (source.startsWith(operator, at)) {
        balance(operator.charAt(0), open);
        add(Token.Kind.OPERATOR, operator);
        at += operator.length();
        return;
      }
    }
    throw error("unexpected character inside a tag");
  }

  private void balance(char bracket, Deque<Character> open) {
    switch (bracket) {
      case '{' -> open.push('}');
      case '(' -> open.push(')');
      case '[' -> open.push(']');
      case '}', ')', ']' -> {
        if (open.isEmpty() || open.pop() != bracket) {
          throw error("unexpected '" + bracket + "'");
        }
      }
      default -> {}
    }
  }

  private void add(Token.Kind kind, String text) {
    tokens.add(new Token(kind, text, null, line));
  }

  private void advance(int from, int to) {
    for (int i = from; i < to; i++) {
      if (source.charAt(i) == '\n') {
        line++;
      }
    }
  }

  private TemplateError error(String message) {
    return new TemplateError(Kind.SYNTAX, line, message);
  }
}
