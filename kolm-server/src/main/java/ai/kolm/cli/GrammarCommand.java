package ai.kolm.cli;

import ai.kolm.cli.ModelOpener.OpenTokenizer;
import ai.kolm.grammar.Grammar;
import ai.kolm.grammar.GrammarException;
import ai.kolm.grammar.GrammarLimits;
import ai.kolm.grammar.JsonStyle;
import ai.kolm.grammar.TokenMask;
import ai.kolm.grammar.TokenMatcher;
import ai.kolm.grammar.compiler.GrammarCompiler;
import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonText;
import ai.kolm.tokenizer.Tokenizer;
import ai.kolm.tokenizer.Tokenizer.SpecialTokens;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What grammars accept, token by token, and how long that takes. */
@Command(
    name = "grammar",
    description = {
      "What grammars accept, line by line.",
      "In: {\"schema\":{...}}, {\"regex\":\"...\"}, {\"choices\":[...]}, {\"gbnf\":\"...\"} or {\"lark\":\"...\"},",
      "each with \"tests\":[{\"data\":...},...]. Out: what is refused, verdicts, times."
    })
final class GrammarCommand implements Callable<Integer> {
  private static final double NANOS_PER_MICRO = 1_000;
  private static final Json NULL = new Json.Null();

  private final CommandContext context;

  @Parameters(paramLabel = "X", description = "A model, or a bare tokenizer.json.")
  private String model = "";

  @Option(
      names = "--declared-order",
      description = "Keys in the order of the schema, as servers ask for it; else in any.")
  private boolean declaredOrder;

  @Option(
      names = "--compact",
      description = "No white space between the tokens of JSON; else some may be.")
  private boolean compact;

  @Option(
      names = "--annotate",
      description = "The keyword format is an annotation; else known formats are enforced.")
  private boolean annotate;

  GrammarCommand(CommandContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException, ModelFormatException {
    try (OpenTokenizer open = new ModelOpener(context).tokenizer(model)) {
      Tokenizer tokenizer = open.tokenizer();
      GrammarCompiler compiler = new GrammarCompiler(tokenizer.vocabulary(), GrammarLimits.DEFAULT);
      return new LineProcessor(context.console())
          .process(line -> answer(compiler, tokenizer, line));
    }
  }

  private JsonStyle style() {
    JsonStyle style = JsonStyle.DEFAULT;
    style = declaredOrder ? style.with(JsonStyle.KeyOrder.DECLARED) : style;
    style = compact ? style.with(JsonStyle.Whitespace.COMPACT) : style;
    return annotate ? style.with(JsonStyle.Formats.ANNOTATE) : style;
  }

  private String answer(GrammarCompiler compiler, Tokenizer tokenizer, Json line)
      throws JsonException {
    JsonObject fields = JsonObject.of(line, "");
    List<Json> texts = new ArrayList<>();
    for (JsonObject test : fields.objects("tests")) {
      if (!test.names().contains("data")) {
        throw new IllegalArgumentException(test.pointer() + "/data is missing");
      }
      texts.add(test.json().members().get("data"));
    }
    boolean json = fields.names().contains("schema");
    Map<String, Json> members = new LinkedHashMap<>();
    long start = System.nanoTime();
    Grammar grammar;
    try {
      grammar = compile(compiler, fields);
    } catch (GrammarException e) {
      members.put("refused", refusal(e));
      members.put("compile_us", micros(start));
      return JsonLines.text(new Json.Obj(members));
    }
    members.put("refused", new Json.Null());
    members.put("compile_us", micros(start));
    List<Json> verdicts = new ArrayList<>();
    List<Json> times = new ArrayList<>();
    TokenMask mask = new TokenMask(tokenizer.vocabulary().size());
    for (Json data : texts) {
      List<Json> micros = new ArrayList<>();
      int[] ids = tokenizer.encode(text(data, json), SpecialTokens.LITERAL);
      verdicts.add(new Json.Bool(accepts(grammar, ids, mask, micros)));
      times.add(new Json.Arr(micros));
    }
    members.put("verdicts", new Json.Arr(verdicts));
    members.put("token_us", new Json.Arr(times));
    return JsonLines.text(new Json.Obj(members));
  }

  private Grammar compile(GrammarCompiler compiler, JsonObject fields) throws JsonException {
    if (fields.names().contains("schema")) {
      return compiler.jsonSchema(fields.json().members().getOrDefault("schema", NULL), style());
    }
    if (fields.find("regex").isPresent()) {
      return compiler.regex(fields.string("regex"));
    }
    if (fields.find("choices").isPresent()) {
      return compiler.choices(fields.strings("choices"));
    }
    if (fields.find("gbnf").isPresent()) {
      return compiler.gbnf(fields.string("gbnf"));
    }
    if (fields.find("lark").isPresent()) {
      return compiler.lark(fields.string("lark"));
    }
    throw new IllegalArgumentException("expected one of schema, regex, choices, gbnf, lark");
  }

  /** Of a schema the data as compact JSON; of other grammars a text is itself. */
  private static String text(Json data, boolean json) {
    return !json && data instanceof Json.Str text ? text.value() : JsonText.of(data);
  }

  private static Json refusal(GrammarException e) {
    Map<String, Json> members = new LinkedHashMap<>();
    members.put("keyword", new Json.Str(e.subject()));
    members.put("path", new Json.Str(e.path()));
    members.put("code", new Json.Str(e.code().name().toLowerCase(Locale.ROOT)));
    members.put("message", new Json.Str(e.detail()));
    return new Json.Obj(members);
  }

  /** Whether every token is in its mask, and the text may end behind the last. */
  private static boolean accepts(Grammar grammar, int[] ids, TokenMask mask, List<Json> micros) {
    TokenMatcher matcher = grammar.matcher();
    for (int id : ids) {
      long start = System.nanoTime();
      matcher.fill(mask);
      boolean allowed = mask.allows(id);
      if (allowed) {
        matcher.accept(id);
      }
      micros.add(micros(start));
      if (!allowed) {
        return false;
      }
    }
    return matcher.isComplete();
  }

  private static Json micros(long start) {
    return new Json.Real((System.nanoTime() - start) / NANOS_PER_MICRO);
  }
}
