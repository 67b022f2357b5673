package ai.kolm.grammar.compiler;

import ai.kolm.grammar.CallForm;
import ai.kolm.grammar.Grammar;
import ai.kolm.grammar.GrammarException;
import ai.kolm.grammar.GrammarLimits;
import ai.kolm.grammar.JsonGrammar;
import ai.kolm.grammar.JsonStyle;
import ai.kolm.grammar.ReplyFrame;
import ai.kolm.grammar.automaton.ByteAutomaton;
import ai.kolm.grammar.cfg.CfgAutomaton;
import ai.kolm.grammar.cfg.ContextFree;
import ai.kolm.grammar.cfg.GbnfParser;
import ai.kolm.grammar.cfg.LarkParser;
import ai.kolm.grammar.cfg.TextAutomaton;
import ai.kolm.grammar.json.JsonAutomaton;
import ai.kolm.grammar.lexer.Lexer;
import ai.kolm.grammar.mask.AutomatonGrammar;
import ai.kolm.grammar.mask.PreparedVocabulary;
import ai.kolm.grammar.regex.Budget;
import ai.kolm.grammar.regex.Numbers;
import ai.kolm.grammar.regex.PatternParser;
import ai.kolm.grammar.regex.RegexAlgebra;
import ai.kolm.grammar.reply.CallsAutomaton;
import ai.kolm.grammar.reply.ReplyAutomaton;
import ai.kolm.grammar.schema.Semantics;
import ai.kolm.grammar.schema.Structure;
import ai.kolm.json.Json;
import ai.kolm.tokenizer.Vocabulary;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Compiles grammars for one vocabulary. Immutable; safe for use by many threads. Making one reads
 * the whole vocabulary: keep it as long as the tokenizer.
 *
 * <pre>{@code
 * GrammarCompiler compiler = new GrammarCompiler(tokenizer.vocabulary(), GrammarLimits.DEFAULT);
 * Grammar grammar = compiler.jsonSchema(schema, JsonStyle.DEFAULT);
 * }</pre>
 *
 * <p>Everything that can be refused is refused here, with a {@link
 * ai.kolm.grammar.GrammarException}; a grammar that compiles is enforced exactly.
 */
public final class GrammarCompiler {
  private final Vocabulary tokens;
  private final PreparedVocabulary vocabulary;
  private final GrammarLimits limits;

  /** A compiler for {@code vocabulary} and the end tokens it names. */
  public GrammarCompiler(Vocabulary vocabulary, GrammarLimits limits) {
    this(vocabulary, vocabulary.endTokens(), limits);
  }

  /**
   * A compiler for {@code vocabulary}.
   *
   * @param endTokens the tokens that end an answer, where these are more than the vocabulary says
   * @param limits of every grammar
   */
  public GrammarCompiler(Vocabulary vocabulary, Set<Integer> endTokens, GrammarLimits limits) {
    this.tokens = vocabulary;
    this.vocabulary = PreparedVocabulary.of(vocabulary, endTokens);
    this.limits = limits;
  }

  /** JSON that meets a schema: drafts 04 to 2020-12. */
  public JsonGrammar jsonSchema(Json schema, JsonStyle style) {
    return new SchemaGrammar(new SchemaSource(schema, style, limits), vocabulary, limits);
  }

  /** Any JSON object. */
  public JsonGrammar jsonObject(JsonStyle style) {
    return jsonSchema(new Json.Obj(Map.of("type", new Json.Str("object"))), style);
  }

  /**
   * A text that a regular expression of ECMA-262 matches from end to end.
   *
   * @param pattern without slashes and flags; {@code .} is every character but a line break
   */
  public Grammar regex(String pattern) {
    checkSize(pattern);
    return texts(
        algebra -> PatternParser.whole(algebra, pattern, depth(), PatternParser.Flags.NONE));
  }

  /** One of the texts. */
  public Grammar choices(List<String> texts) {
    texts.forEach(this::checkSize);
    return texts(algebra -> algebra.union(texts.stream().mapToInt(algebra::literal).toArray()));
  }

  /** A text that a grammar in GBNF, the notation of llama.cpp, derives from {@code root}. */
  public Grammar gbnf(String grammar) {
    checkSize(grammar);
    return contextFree((algebra, budget) -> GbnfParser.parse(grammar, depth(), algebra, budget));
  }

  /** A text that a grammar in the notation of Lark derives from {@code start}. */
  public Grammar lark(String grammar) {
    checkSize(grammar);
    return contextFree((algebra, budget) -> LarkParser.parse(grammar, depth(), algebra, budget));
  }

  /**
   * JSON that meets a schema, within a frame.
   *
   * @param frame what stands around the JSON
   * @param schema of the JSON: it must be one of objects or arrays, so that its end can be told
   * @param answer the schema of an answer without marks, where the frame has one
   */
  public Grammar reply(ReplyFrame frame, Json schema, JsonStyle style, Optional<Json> answer) {
    AutomatonGrammar.Source source =
        budget -> {
          ByteAutomaton value = new SchemaSource(schema, style, limits).open(budget);
          return new ReplyAutomaton(frame, value, open(answer, style, budget), tokens);
        };
    return new AutomatonGrammar(source, vocabulary, limits);
  }

  /**
   * Calls that are not JSON as a whole, within a frame.
   *
   * @param frame what stands around the calls; its closing mark, if any, comes behind all of them
   * @param form how they are written
   * @param parallel whether there may be several
   * @param callees what may be called
   * @param schema of objects of a name and, under {@code argumentsKey}, arguments; of all callees
   *     without input of their own
   * @param answer the schema of an answer without marks, where the frame has one
   */
  public Grammar calls(
      ReplyFrame frame,
      CallForm form,
      boolean parallel,
      List<CallForm.Callee> callees,
      Optional<Json> schema,
      String argumentsKey,
      JsonStyle style,
      Optional<Json> answer) {
    callees.forEach(callee -> callee.input().ifPresent(this::checkSize));
    AutomatonGrammar.Source source =
        budget -> {
          ByteAutomaton calls = open(schema, style, budget);
          CallsAutomaton.Inputs inputs =
              (callee, lark) ->
                  contextFree(budget, (a, b) -> LarkParser.parse(lark, depth(), a, b));
          ByteAutomaton value =
              new CallsAutomaton(form, callees, argumentsKey, parallel, calls, inputs, tokens);
          return new ReplyAutomaton(frame, value, open(answer, style, budget), tokens);
        };
    return new AutomatonGrammar(source, vocabulary, limits);
  }

  private @Nullable ByteAutomaton open(Optional<Json> schema, JsonStyle style, Budget budget) {
    return schema.isEmpty() ? null : new SchemaSource(schema.get(), style, limits).open(budget);
  }

  private int depth() {
    return 2 * limits.sourceDepth();
  }

  private void checkSize(String source) {
    if (source.length() > limits.sourceBytes()) {
      throw new GrammarException(
          GrammarException.Code.TOO_COMPLEX,
          "bytes",
          "",
          "a grammar of %,d characters, at most %,d allowed"
              .formatted(source.length(), limits.sourceBytes()));
    }
  }

  private Grammar texts(ToIntFunction<RegexAlgebra> language) {
    AutomatonGrammar.Source source =
        budget -> {
          RegexAlgebra algebra = new RegexAlgebra(budget, limits.nodes());
          Lexer lexer = new Lexer(algebra, budget, limits.states());
          int texts = language.applyAsInt(algebra);
          if (!algebra.isSatisfiable(texts)) {
            throw new GrammarException(
                GrammarException.Code.UNSATISFIABLE, "grammar", "", "no text matches");
          }
          return new TextAutomaton(lexer, texts);
        };
    return new AutomatonGrammar(source, vocabulary, limits);
  }

  private Grammar contextFree(BiFunction<RegexAlgebra, Budget, ContextFree> parser) {
    return new AutomatonGrammar(budget -> contextFree(budget, parser), vocabulary, limits);
  }

  private ByteAutomaton contextFree(
      Budget budget, BiFunction<RegexAlgebra, Budget, ContextFree> parser) {
    RegexAlgebra algebra = new RegexAlgebra(budget, limits.nodes());
    Lexer lexer = new Lexer(algebra, budget, limits.states());
    ContextFree grammar = parser.apply(algebra, budget);
    return new CfgAutomaton(grammar, lexer, limits.nodes(), limits.states());
  }

  private static final class SchemaGrammar extends AutomatonGrammar implements JsonGrammar {
    private final SchemaSource source;

    SchemaGrammar(SchemaSource source, PreparedVocabulary vocabulary, GrammarLimits limits) {
      super(source, vocabulary, limits);
      this.source = source;
    }

    @Override
    public Set<String> annotations() {
      return source.annotations();
    }
  }

  private static final class SchemaSource implements AutomatonGrammar.Source {
    private final Json schema;
    private final JsonStyle style;
    private final GrammarLimits limits;
    private volatile Set<String> annotations = Set.of();

    SchemaSource(Json schema, JsonStyle style, GrammarLimits limits) {
      this.schema = schema;
      this.style = style;
      this.limits = limits;
    }

    Set<String> annotations() {
      return annotations;
    }

    @Override
    public ByteAutomaton open(Budget budget) {
      SchemaSize.check(schema, limits);
      RegexAlgebra algebra = new RegexAlgebra(budget, limits.nodes());
      Numbers numbers = new Numbers(algebra);
      Semantics semantics = new Semantics(schema, style, limits, algebra, numbers, budget);
      Structure structure = new Structure(semantics, algebra, numbers, budget);
      structure.explore();
      annotations = Set.copyOf(new TreeSet<>(semantics.annotations()));
      Lexer lexer = new Lexer(algebra, budget, limits.states());
      return new JsonAutomaton(structure, lexer, numbers, style, limits.valueDepth());
    }
  }
}
