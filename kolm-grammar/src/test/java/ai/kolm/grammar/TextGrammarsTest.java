package ai.kolm.grammar;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.kolm.grammar.compiler.GrammarCompiler;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Regular expressions, choices, GBNF and Lark. */
class TextGrammarsTest {
  private final TestVocabulary vocabulary = TestVocabulary.json();
  private final GrammarCompiler compiler = new GrammarCompiler(vocabulary, GrammarLimits.DEFAULT);
  private final Random random = new Random(1);

  private boolean accepts(Grammar grammar, String text) {
    TokenMatcher matcher = grammar.matcher();
    TokenMask mask = new TokenMask(vocabulary.size());
    for (int id : vocabulary.tokenize(text.getBytes(UTF_8), random)) {
      matcher.fill(mask);
      if (!mask.allows(id)) {
        assertThrows(IllegalArgumentException.class, () -> matcher.accept(id));
        return false;
      }
      matcher.accept(id);
    }
    return matcher.isComplete();
  }

  private void check(Grammar grammar, List<String> accepted, List<String> refused) {
    for (String text : accepted) {
      assertEquals(true, accepts(grammar, text), text);
    }
    for (String text : refused) {
      assertEquals(false, accepts(grammar, text), text);
    }
    RandomWalk walk = new RandomWalk(vocabulary, random);
    for (int i = 0; i < 20; i++) {
      List<Integer> ids = walk.from(grammar, 200);
      if (ids != null) {
        assertEquals(true, accepts(grammar, new String(vocabulary.text(ids), UTF_8)));
      }
    }
  }

  private static String refusal(Runnable compile) {
    GrammarException e = assertThrows(GrammarException.class, compile::run);
    return e.code() + " " + e.subject();
  }

  @Test
  void regularExpressions() {
    check(
        compiler.regex("(?:\\d{3}-)?\\d{4}"),
        List.of("555-1234", "1234"),
        List.of("12345", "", "555-12345", "555-"));
    check(compiler.regex("[^a-c]+é?"), List.of("xé", "日本"), List.of("a", "xa", ""));
    check(compiler.regex("(?=.*[0-9])[a-z0-9]{3}"), List.of("ab1", "111"), List.of("abc", "ab12"));
    check(compiler.regex("(?!foo)[a-z]{3}"), List.of("bar", "fob"), List.of("foo"));
    check(compiler.regex("^a$|^$"), List.of("a", ""), List.of("aa"));
    check(compiler.regex("\\p{Lu}\\p{Ll}*"), List.of("É", "Éa"), List.of("éa"));
  }

  @Test
  void regularExpressionsAreRefusedByName() {
    assertEquals("UNSUPPORTED a back reference", refusal(() -> compiler.regex("(a)\\1")));
    assertEquals("UNSUPPORTED look-behind", refusal(() -> compiler.regex("(?<=a)b")));
    assertEquals("UNSUPPORTED a word boundary", refusal(() -> compiler.regex("\\bfoo")));
    assertEquals("UNSUPPORTED inline flags", refusal(() -> compiler.regex("(?i)foo")));
    assertEquals("INVALID pattern", refusal(() -> compiler.regex("(a")));
    assertEquals("INVALID pattern", refusal(() -> compiler.regex("a**")));
    assertEquals("INVALID pattern", refusal(() -> compiler.regex("[b-a]")));
    assertEquals("UNSATISFIABLE grammar", refusal(() -> compiler.regex("a(?!)")));
  }

  @Test
  void choices() {
    check(
        compiler.choices(List.of("yes", "no", "日本", "yesterday")),
        List.of("yes", "no", "日本", "yesterday"),
        List.of("", "ye", "nope", "yesterda"));
    assertEquals("UNSATISFIABLE grammar", refusal(() -> compiler.choices(List.of())));
  }

  @Test
  void gbnf() {
    Grammar arithmetic =
        compiler.gbnf(
            """
            # arithmetic
            root  ::= (expr "=" ws term "\\n")+
            expr  ::= term ([-+*/] term)*
            term  ::= ident | num | "(" ws expr ")" ws
            ident ::= [a-z] [a-z0-9_]* ws
            num   ::= [0-9]+ ws
            ws    ::= [ \\t\\n]*
            """);
    check(
        arithmetic,
        List.of("1+1=2\n", "(a*(b+3))=c1\nx=y\n", "1 +2 = 3 \n"),
        List.of("1+=2\n", "(1=2\n", "1=2", ""));
    check(
        compiler.gbnf("root ::= \"a\" root \"b\" | \"\""),
        List.of("", "ab", "aaabbb"),
        List.of("a", "aab", "abb", "ba"));
    check(
        compiler.gbnf("root ::= item{2,3}\nitem ::= [^\\x00-\\x7F] | \"\\u0041\""),
        List.of("éA", "日日日"),
        List.of("A", "AAAA", "bb"));
  }

  @Test
  void leftRecursion() {
    check(
        compiler.gbnf("root ::= root \"+\" num | num\nnum ::= [0-9] | \"(\" root \")\""),
        List.of("1", "1+2+3", "(1+2)+3"),
        List.of("", "+1", "1+", "(1"));
    assertEquals(
        "UNSUPPORTED left recursion",
        refusal(
            () ->
                compiler.gbnf(
                    "root ::= other \"a\" | \"(\" root \")\"\nother ::= root \"b\" | \"c\"")));
  }

  @Test
  void gbnfIsRefusedByName() {
    assertEquals("INVALID grammar", refusal(() -> compiler.gbnf("root ::= missing")));
    assertEquals("INVALID grammar", refusal(() -> compiler.gbnf("other ::= \"x\"")));
    assertEquals("INVALID grammar", refusal(() -> compiler.gbnf("root ::= \"x")));
    assertEquals("UNSUPPORTED tokens", refusal(() -> compiler.gbnf("root ::= <think>")));
    assertEquals("UNSATISFIABLE grammar", refusal(() -> compiler.gbnf("root ::= \"a\" root")));
  }

  @Test
  void lark() {
    Grammar calculator =
        compiler.lark(
            """
            // from the documentation of custom tools
            start: expr
            expr: term (SP ADD SP term)* -> add
            | term
            term: INT
            SP: " "
            ADD: "+" | "-"i
            %import common.INT
            """);
    check(calculator, List.of("4 + 4", "1", "12 - 3 + 1"), List.of("4+4", "4 +", ""));
    Grammar list =
        compiler.lark(
            """
            start: "[" [item ("," item)*] "]"
            ?item: NAME | start | /0x[0-9a-f]+/i | ESCAPED_STRING
            NAME: "a".."z" ("a".."z"|"0".."9")~0..3
            %import common.ESCAPED_STRING
            %import common.WS
            %ignore WS
            """);
    check(
        list,
        List.of("[]", "[a, b9]", "[ [ab] , 0XfF , \"x\\\"y\" ] ", " [a]"),
        List.of("[a b]", "[abcde]", "[", "[a,]"));
    assertEquals(
        "UNSUPPORTED templates", refusal(() -> compiler.lark("start: _sep{\"a\", \",\"}")));
    assertEquals(
        "UNSUPPORTED the import of common.MISSING",
        refusal(() -> compiler.lark("start: MISSING\n%import common.MISSING")));
  }
}
