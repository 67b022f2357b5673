package ai.kolm.cli;

import ai.kolm.chat.ChatCompletions;
import ai.kolm.chat.ChatRequest;
import ai.kolm.chat.RunOptions;
import ai.kolm.engine.EndConditions;
import ai.kolm.engine.EndReason;
import ai.kolm.engine.GenerationEvent;
import ai.kolm.engine.GenerationEvent.GeneratedToken;
import ai.kolm.engine.GenerationRequest;
import ai.kolm.engine.TokenStream;
import ai.kolm.grammar.Grammar;
import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonObject;
import ai.kolm.sampling.SamplingParams;
import ai.kolm.server.wire.ChatCompletionRequest;
import ai.kolm.server.wire.InvalidFieldException;
import ai.kolm.tokenizer.Tokenizer.SpecialTokens;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/**
 * Continues tokens, texts and conversations, line by line. Besides what to continue, a line has the
 * members of a chat completion request, with the same meaning.
 */
@Command(
    name = "generate",
    description = {
      "Continue tokens, texts, conversations, line by line.",
      "A line has \"ids\", \"prompt\" or \"messages\", and members of a chat completion request:",
      "max_tokens, temperature, seed, stop, ..."
    })
final class GenerateCommand implements Callable<Integer> {
  private static final List<String> STARTS = List.of("ids", "prompt", "messages");

  private final CommandContext context;

  @Mixin private final EngineFlags engine = new EngineFlags();

  @Parameters(paramLabel = "X", description = "A model.")
  private String model = "";

  GenerateCommand(CommandContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException, ModelFormatException {
    RunOptions options = engine.options(context);
    Path path = new ModelOpener(context).path(model);
    try (ChatCompletions chat = ModelOpener.chat(path, options)) {
      return new LineProcessor(context.console()).process(line -> answer(chat, line));
    }
  }

  private static String answer(ChatCompletions chat, Json line) throws JsonException {
    JsonObject json = JsonObject.of(line, "");
    List<String> starts = STARTS.stream().filter(name -> json.find(name).isPresent()).toList();
    if (starts.size() != 1) {
      throw new IllegalArgumentException(
          "expected one of ids, prompt and messages, got " + starts.size());
    }
    ChatRequest request = request(json, starts.getFirst());
    int[] prompt =
        starts.getFirst().equals("messages")
            ? chat.promptTokens(request)
            : ids(chat, json, starts.getFirst());
    try (TokenStream stream = chat.engine().submit(generation(chat, request, prompt))) {
      return JsonLines.text(collect(stream, request.n(), prompt));
    }
  }

  private static int[] ids(ChatCompletions chat, JsonObject json, String start)
      throws JsonException {
    if (start.equals("ids")) {
      return JsonLines.ids(json.get(start), chat.tokenizer().vocabulary().size());
    }
    int[] ids = chat.tokenizer().encode(json.string(start), SpecialTokens.LITERAL);
    return chat.tokenizer().vocabulary().withBos(ids);
  }

  /** The line as a chat completion request; one that continues ids or a text has no messages. */
  private static ChatRequest request(JsonObject json, String start) {
    Map<String, Json> members = new LinkedHashMap<>(json.json().members());
    members.put("model", new Json.Str("this"));
    if (!start.equals("messages")) {
      members.remove(start);
      Map<String, Json> unused = new LinkedHashMap<>();
      unused.put("role", new Json.Str("user"));
      unused.put("content", new Json.Str(""));
      members.put("messages", new Json.Arr(List.of(new Json.Obj(unused))));
    }
    try {
      ChatCompletionRequest read =
          ChatCompletionRequest.read(new Json.Obj(members), SamplingParams.DEFAULT);
      if (!read.ignored().isEmpty()) {
        throw new IllegalArgumentException("unknown members: " + String.join(", ", read.ignored()));
      }
      return read.chat();
    } catch (InvalidFieldException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  private static GenerationRequest generation(
      ChatCompletions chat, ChatRequest request, int[] prompt) {
    List<String> stop =
        Stream.concat(request.stop().stream(), chat.model().stop().stream()).toList();
    int maxTokens = request.maxTokens().orElse(Integer.MAX_VALUE);
    return new GenerationRequest(
        prompt,
        request.n(),
        request.sampling().orElse(SamplingParams.DEFAULT),
        request.seed().orElseGet(() -> ThreadLocalRandom.current().nextLong()),
        new EndConditions(maxTokens, stop, request.ignoreEndOfText()),
        Grammar.anything(),
        request.topLogprobs(),
        OptionalInt.empty(),
        request.cacheScope());
  }

  private static Json.Obj collect(TokenStream stream, int n, int[] prompt) {
    List<Continuation> choices = IntStream.range(0, n).mapToObj(_ -> new Continuation()).toList();
    for (GenerationEvent event = stream.next(); event != null; event = stream.next()) {
      switch (event) {
        case GenerationEvent.Piece piece -> choices.get(piece.choice()).add(piece);
        case GenerationEvent.Finished end -> choices.get(end.choice()).reason = end.reason();
        case GenerationEvent.PromptToken _, GenerationEvent.Done _ -> {}
      }
    }
    Map<String, Json> members = new LinkedHashMap<>();
    members.put("prompt_ids", JsonLines.ids(prompt));
    if (n == 1) {
      members.putAll(choices.getFirst().json().members());
    } else {
      members.put("choices", new Json.Arr(choices.stream().<Json>map(Continuation::json).toList()));
    }
    return new Json.Obj(members);
  }

  /** A continuation as it is collected. */
  private static final class Continuation {
    private final StringBuilder text = new StringBuilder();
    private final List<Json> ids = new ArrayList<>();
    private final List<Json> logprobs = new ArrayList<>();
    private EndReason reason = EndReason.CANCELLED;

    void add(GenerationEvent.Piece piece) {
      text.append(piece.text());
      for (GeneratedToken token : piece.tokens()) {
        ids.add(new Json.Int(token.id()));
        if (token.scores() != null) {
          logprobs.add(new Json.Real(token.scores().logprob()));
        }
      }
    }

    Json.Obj json() {
      Map<String, Json> members = new LinkedHashMap<>();
      members.put("ids", new Json.Arr(ids));
      members.put("text", new Json.Str(text.toString()));
      if (!logprobs.isEmpty()) {
        members.put("logprobs", new Json.Arr(logprobs));
      }
      members.put("end", new Json.Str(reason.name().toLowerCase(Locale.ROOT)));
      return new Json.Obj(members);
    }
  }
}
