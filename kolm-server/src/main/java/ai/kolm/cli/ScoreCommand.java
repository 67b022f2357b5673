package ai.kolm.cli;

import ai.kolm.chat.ChatCompletions;
import ai.kolm.chat.LayerTrace;
import ai.kolm.chat.RunOptions;
import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonObject;
import ai.kolm.sampling.TokenScores;
import ai.kolm.source.ModelFiles;
import ai.kolm.tokenizer.Tokenizer;
import ai.kolm.tokenizer.Tokenizer.SpecialTokens;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** How likely a model finds texts, token by token: for comparing it with other implementations. */
@Command(
    name = "score",
    description = {
      "How likely tokens are, line by line.",
      "In: {\"ids\":[...]} or {\"text\":\"...\"}. Out: ids, log-probabilities, most likely tokens. Keys and",
      "values are kept in single precision."
    })
final class ScoreCommand implements Callable<Integer> {
  private final CommandContext context;

  @Mixin private final EngineFlags engine = new EngineFlags();

  @Parameters(paramLabel = "X", description = "A model.")
  private String model = "";

  @Option(
      names = "--top",
      paramLabel = "N",
      defaultValue = "20",
      description = "How many of the most likely tokens to report (0 to 20, default 20).")
  private int top;

  @Option(
      names = "--dump-layers",
      description = "Instead of scores: mean, deviation and first values of every stage.")
  private boolean dumpLayers;

  ScoreCommand(CommandContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException, ModelFormatException {
    RunOptions options = engine.options(context).withExactCache();
    Path path = new ModelOpener(context).path(model);
    LineProcessor lines = new LineProcessor(context.console());
    if (dumpLayers) {
      try (ModelFiles files = ModelFiles.open(path)) {
        return lines.process(line -> layers(files, options, line));
      }
    }
    try (ChatCompletions chat = ModelOpener.chat(path, options)) {
      return lines.process(line -> scores(chat, line));
    }
  }

  /**
   * The tokens that a line names; a text gets the model's first token, where the model wants it.
   */
  static int[] ids(Tokenizer tokenizer, Json line, String textMember) throws JsonException {
    JsonObject json = JsonObject.of(line, "");
    if (json.find("ids").isPresent()) {
      return JsonLines.ids(json.get("ids"), tokenizer.vocabulary().size());
    }
    return tokenizer
        .vocabulary()
        .withBos(tokenizer.encode(json.string(textMember), SpecialTokens.LITERAL));
  }

  private String scores(ChatCompletions chat, Json line) throws JsonException {
    int[] ids = ids(chat.tokenizer(), line, "text");
    requireTokens(ids);
    List<Json> logprobs = new ArrayList<>();
    List<Json> alternatives = new ArrayList<>();
    for (TokenScores scores : chat.engine().score(ids, top)) {
      logprobs.add(new Json.Real(scores.logprob()));
      List<Json> most = new ArrayList<>();
      for (int i = 0; i < scores.topIds().length; i++) {
        most.add(
            new Json.Arr(
                List.of(new Json.Int(scores.topIds()[i]), new Json.Real(scores.topLogprobs()[i]))));
      }
      alternatives.add(new Json.Arr(most));
    }
    Map<String, Json> members = new LinkedHashMap<>();
    members.put("ids", JsonLines.ids(ids));
    members.put("logprobs", new Json.Arr(logprobs));
    members.put("top", new Json.Arr(alternatives));
    return JsonLines.text(new Json.Obj(members));
  }

  private static void requireTokens(int[] ids) {
    if (ids.length == 0) {
      throw new IllegalArgumentException("expected at least one token");
    }
  }

  private static String layers(ModelFiles files, RunOptions options, Json line)
      throws JsonException {
    int[] ids = ids(files.text().tokenizer(), line, "text");
    requireTokens(ids);
    List<Json> stages = new ArrayList<>();
    try {
      for (LayerTrace.Stage stage : LayerTrace.of(files, options, ids)) {
        stages.add(json(stage));
      }
    } catch (ModelFormatException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
    Map<String, Json> members = new LinkedHashMap<>();
    members.put("ids", JsonLines.ids(ids));
    members.put("stages", new Json.Arr(stages));
    return JsonLines.text(new Json.Obj(members));
  }

  private static Json json(LayerTrace.Stage stage) {
    List<Json> first = new ArrayList<>();
    for (float value : stage.lastFirst()) {
      first.add(new Json.Real(value));
    }
    Map<String, Json> members = new LinkedHashMap<>();
    members.put("at", new Json.Str(stage.name()));
    members.put("mean", new Json.Real(stage.mean()));
    members.put("std", new Json.Real(stage.deviation()));
    members.put("last_mean", new Json.Real(stage.lastMean()));
    members.put("last_std", new Json.Real(stage.lastDeviation()));
    members.put("last_first8", new Json.Arr(first));
    return new Json.Obj(members);
  }
}
