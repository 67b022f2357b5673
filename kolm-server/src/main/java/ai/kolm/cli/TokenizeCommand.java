package ai.kolm.cli;

import ai.kolm.cli.ModelOpener.OpenTokenizer;
import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.tokenizer.Tokenizer;
import ai.kolm.tokenizer.Tokenizer.SpecialTokens;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Text to token ids and back, line by line. */
@Command(
    name = "tokenize",
    description = {
      "Text to token ids, line by line.",
      "One JSON string a line in, one array of ids a line out. No token is added in front or behind."
    })
final class TokenizeCommand implements Callable<Integer> {
  private final CommandContext context;

  @Parameters(paramLabel = "X", description = "A model, or a bare tokenizer.json.")
  private String model = "";

  @Option(names = "--decode", description = "The other way: arrays of ids in, strings out.")
  private boolean decode;

  @Option(
      names = "--special",
      description = "The text of special tokens becomes these tokens; else it is ordinary text.")
  private boolean special;

  TokenizeCommand(CommandContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException, ModelFormatException {
    try (OpenTokenizer open = new ModelOpener(context).tokenizer(model)) {
      Tokenizer tokenizer = open.tokenizer();
      LineProcessor lines = new LineProcessor(context.console());
      return lines.process(
          decode ? line -> decode(tokenizer, line) : line -> encode(tokenizer, line));
    }
  }

  private String encode(Tokenizer tokenizer, Json line) throws JsonException {
    if (!(line instanceof Json.Str text)) {
      throw new IllegalArgumentException("expected a JSON string, got " + line.kind());
    }
    SpecialTokens mode = special ? SpecialTokens.PARSE : SpecialTokens.LITERAL;
    return JsonLines.text(JsonLines.ids(tokenizer.encode(text.value(), mode)));
  }

  private static String decode(Tokenizer tokenizer, Json line) {
    int[] ids = JsonLines.ids(line, tokenizer.vocabulary().size());
    return JsonLines.text(new Json.Str(tokenizer.decode(ids)));
  }
}
