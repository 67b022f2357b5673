package ai.kolm.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.chat.ChatCompletions;
import ai.kolm.chat.RunOptions;
import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.cli.console.Progress;
import ai.kolm.json.Json;
import ai.kolm.sampling.TokenScores;
import ai.kolm.tokenizer.Tokenizer;
import ai.kolm.tokenizer.Tokenizer.SpecialTokens;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * The perplexity of a text: exp of the mean negative log-probability of its tokens.
 *
 * <p>Without a window, each token is scored after all tokens before it. With a window of N, the
 * text is cut into pieces of N tokens, each read on its own with the model's first token, where it
 * has one, in place of its first; the tokens of the second half are scored, and what is left at the
 * end is not. So does the perplexity tool of llama.cpp.
 */
@Command(
    name = "perplexity",
    description = {
      "The perplexity of a text file.",
      "Out: one JSON object with scored, nll and perplexity. Keys and values are kept in single",
      "precision."
    })
final class PerplexityCommand implements Callable<Integer> {
  private static final int MIN_WINDOW = 4;

  private final CommandContext context;

  @Mixin private final EngineFlags engine = new EngineFlags();

  @Parameters(index = "0", paramLabel = "X", description = "A model.")
  private String model = "";

  @Parameters(index = "1", paramLabel = "FILE", description = "Text in UTF-8.")
  private String file = "";

  @Option(
      names = "--window",
      paramLabel = "N",
      defaultValue = "0",
      description = "Score the second halves of windows of N tokens; 0 (default): the whole text.")
  private int window;

  private double sum;
  private int scored;

  PerplexityCommand(CommandContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException, ModelFormatException {
    if (window != 0 && window < MIN_WINDOW) {
      throw new CommandException(
          ExitCode.REFUSED,
          "--window: expected 0 or at least %d, got %d".formatted(MIN_WINDOW, window));
    }
    RunOptions options = engine.options(context).withExactCache();
    Path path = new ModelOpener(context).path(model);
    String text = new String(Files.readAllBytes(context.home().expand(file)), UTF_8);
    try (ChatCompletions chat = ModelOpener.chat(path, options)) {
      Tokenizer tokenizer = chat.tokenizer();
      int[] plain = tokenizer.encode(text, SpecialTokens.LITERAL);
      int[] ids = window == 0 ? tokenizer.vocabulary().withBos(plain) : plain;
      if (ids.length < Math.max(2, window)) {
        throw new CommandException(
            ExitCode.REFUSED,
            "%s: %d tokens, expected at least %d".formatted(file, ids.length, Math.max(2, window)));
      }
      if (window == 0) {
        add(chat.engine().score(ids, 0), 0);
      } else {
        scoreWindows(chat, ids);
      }
      context.console().line(JsonLines.text(result(ids.length)));
    }
    return ExitCode.OK.number();
  }

  private void scoreWindows(ChatCompletions chat, int[] ids) {
    try (Progress progress =
        Progress.of(context.console(), "scoring", ids.length, "%,d tokens"::formatted)) {
      for (int at = 0; at + window <= ids.length; at += window) {
        int[] piece = Arrays.copyOfRange(ids, at, at + window);
        if (chat.tokenizer().vocabulary().addsBos()) {
          piece[0] = chat.tokenizer().vocabulary().bos().orElse(piece[0]);
        }
        add(chat.engine().score(piece, 0), window / 2);
        progress.at(at + window);
      }
    }
  }

  /** Adds the scores from {@code first} on; score i is that of token i + 1. */
  private void add(List<TokenScores> scores, int first) {
    for (TokenScores score : scores.subList(first, scores.size())) {
      sum -= score.logprob();
      scored++;
    }
  }

  private Json.Obj result(int tokens) {
    Map<String, Json> members = new LinkedHashMap<>();
    members.put("tokens", new Json.Int(tokens));
    members.put("window", window == 0 ? new Json.Null() : new Json.Int(window));
    members.put("scored", new Json.Int(scored));
    members.put("nll", new Json.Real(sum / scored));
    members.put("perplexity", new Json.Real(Math.exp(sum / scored)));
    return new Json.Obj(members);
  }
}
