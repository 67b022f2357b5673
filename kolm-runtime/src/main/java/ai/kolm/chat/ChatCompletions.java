package ai.kolm.chat;

import ai.kolm.chat.tool.ReplyParser;
import ai.kolm.chat.tool.ToolUse;
import ai.kolm.engine.CacheScope;
import ai.kolm.engine.EndConditions;
import ai.kolm.engine.Engine;
import ai.kolm.engine.EngineException;
import ai.kolm.engine.GenerationRequest;
import ai.kolm.engine.InvalidRequestException;
import ai.kolm.grammar.Grammar;
import ai.kolm.grammar.GrammarLimits;
import ai.kolm.grammar.ReplyFrame.Thinking;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonReader;
import ai.kolm.prompt.Prompt;
import ai.kolm.source.LoraAdapter;
import ai.kolm.source.ModelFiles;
import ai.kolm.tokenizer.Tokenizer;
import ai.kolm.trust.ArtifactGate;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Chat with a model, in this process:
 *
 * <pre>{@code
 * ChatCompletions chat = ChatCompletions.open(Path.of("smollm2-135m-instruct.kolm"));
 * ChatResponse response = chat.complete(ChatRequest.of(Message.user("Hello")));
 * String text = response.choices().getFirst().message().content();
 *
 * try (ChatStream stream = chat.stream(request)) {
 *   for (ChatChunk chunk = stream.next(); chunk != null; chunk = stream.next()) {
 *     if (chunk instanceof ChatChunk.Text text) {
 *       System.out.print(text.text());
 *     }
 *   }
 * }
 * }</pre>
 *
 * <p>Safe for use by many threads, virtual ones included; their requests run together.
 */
public final class ChatCompletions implements AutoCloseable {
  /** What compiled grammars, and the masks they have made, may take together. */
  private static final long GRAMMAR_BYTES = 64L << 20;

  private final Engine engine;
  private final Tokenizer tokenizer;
  private final Function<? super ChatRequest, Prompt> template;
  private final ReplyStyle style;
  private final Constraints constraints;
  private final ModelInfo model;
  private final Runnable afterClose;

  /** Digests by name. */
  private final Map<String, String> adapters;

  /** The digest of the adapter that is applied; empty for none. */
  private final String adapter;

  /**
   * Chat with the model at {@code path}, with {@link RunOptions#DEFAULT}.
   *
   * @see #open(Path, RunOptions)
   */
  public static ChatCompletions open(Path path) throws IOException, ModelFormatException {
    return open(path, RunOptions.DEFAULT);
  }

  /**
   * Chat with the model at {@code path}, which may be anything that {@link ModelFiles#open} takes.
   *
   * @throws ModelFormatException if there is no model, or it is damaged or unsupported
   * @throws IOException if it cannot be read
   * @throws IllegalArgumentException if an option does not fit the model
   * @throws IllegalStateException if this process cannot run the kernels asked for
   */
  public static ChatCompletions open(Path path, RunOptions options)
      throws IOException, ModelFormatException {
    Thread.ofPlatform().daemon().name("kolm-prepare").start(ChatCompletions::prepare);
    return of(ModelFiles.openWhileVerifying(path, ArtifactGate.OPEN, List.of()), options);
  }

  /** What loading needs after files are read, and a JVM does slowly the first time. */
  private static void prepare() {
    boolean ignored = RunOptions.DEFAULT.wantsVectorModule(); // asks the processor
    JsonReader.warmUp();
  }

  /**
   * Chat with an opened model.
   *
   * @param files closed together with this, or now if this throws
   * @throws ModelFormatException as {@link #open(Path, RunOptions)}
   */
  public static ChatCompletions of(ModelFiles files, RunOptions options)
      throws ModelFormatException {
    boolean opened = false;
    Engine engine = null;
    try {
      engine = ModelRunner.start(files, options);
      PromptRenderer renderer = PromptRenderer.of(files);
      ModelInfo info = ModelInfo.of(files);
      ChatCompletions chat =
          new ChatCompletions(
              engine,
              files.text().tokenizer(),
              renderer::render,
              renderer.style(),
              info,
              files::close,
              adapters(files),
              defaultAdapter(files));
      opened = true;
      return chat;
    } finally {
      if (!opened) {
        if (engine != null) {
          engine.close();
        }
        files.close();
      }
    }
  }

  /**
   * Chat from its parts.
   *
   * @param engine runs the model; is closed together with this
   * @param tokenizer of the model
   * @param template renders the messages of a request
   * @param model what the model says about itself
   */
  public ChatCompletions(
      Engine engine,
      Tokenizer tokenizer,
      Function<? super ChatRequest, Prompt> template,
      ModelInfo model) {
    this(engine, tokenizer, template, ReplyStyle.PLAIN, model, () -> {}, Map.of(), "");
  }

  ChatCompletions(
      Engine engine,
      Tokenizer tokenizer,
      Function<? super ChatRequest, Prompt> template,
      ReplyStyle style,
      ModelInfo model,
      Runnable afterClose) {
    this(engine, tokenizer, template, style, model, afterClose, Map.of(), "");
  }

  private ChatCompletions(
      Engine engine,
      Tokenizer tokenizer,
      Function<? super ChatRequest, Prompt> template,
      ReplyStyle style,
      ModelInfo model,
      Runnable afterClose,
      Map<String, String> adapters,
      String adapter) {
    this.engine = engine;
    this.tokenizer = tokenizer;
    this.template = template;
    this.style = style;
    GrammarCache grammars =
        new GrammarCache(
            tokenizer.vocabulary(), engine.endTokens(), GrammarLimits.DEFAULT, GRAMMAR_BYTES);
    this.constraints = new Constraints(grammars, style.dialect());
    this.model = model;
    this.afterClose = afterClose;
    this.adapters = Map.copyOf(adapters);
    this.adapter = adapter;
  }

  private ChatCompletions(ChatCompletions other, String adapter) {
    this.engine = other.engine;
    this.tokenizer = other.tokenizer;
    this.template = other.template;
    this.style = other.style;
    this.constraints = other.constraints;
    this.model = other.model;
    this.afterClose = other.afterClose;
    this.adapters = other.adapters;
    this.adapter = adapter;
  }

  private static Map<String, String> adapters(ModelFiles files) {
    Map<String, String> adapters = new TreeMap<>();
    files.adapters().forEach(one -> adapters.put(one.name(), one.digest()));
    return adapters;
  }

  private static String defaultAdapter(ModelFiles files) {
    return files.adapters().stream()
        .filter(LoraAdapter::byDefault)
        .map(LoraAdapter::digest)
        .findFirst()
        .orElse("");
  }

  /** The names of the adapters that came with the model. */
  public Set<String> adapters() {
    return adapters.keySet();
  }

  /**
   * The same model with an adapter. It shares everything with this one, the engine above all: their
   * requests run together, and closing either closes both.
   *
   * @param name of an adapter of {@link #adapters}
   * @throws IllegalArgumentException if there is no such adapter
   */
  public ChatCompletions withAdapter(String name) {
    String digest = adapters.get(name);
    if (digest == null) {
      throw new IllegalArgumentException(
          "no adapter is called %s; there are: %s".formatted(name, adapters.keySet()));
    }
    return new ChatCompletions(this, digest);
  }

  /** The same model without the adapter that it applies by default. */
  public ChatCompletions withoutAdapter() {
    return new ChatCompletions(this, "");
  }

  /**
   * A scope with the adapter of this: for work on tokens, which goes past {@link #stream}.
   *
   * @param scope says which tenant
   */
  public CacheScope scope(CacheScope scope) {
    return new CacheScope(scope.tenant(), adapter);
  }

  /** What the model says about itself. */
  public ModelInfo model() {
    return model;
  }

  /** The tokenizer, for work on tokens instead of messages. */
  public Tokenizer tokenizer() {
    return tokenizer;
  }

  /** The engine, for work on tokens instead of messages. */
  public Engine engine() {
    return engine;
  }

  /** The time that compiling the grammars of formats and tools took so far. */
  public Duration grammarCompileTime() {
    return constraints.compileTime();
  }

  /**
   * Answers, and waits until the answers are complete. A thread that is interrupted gets what there
   * is, with {@link FinishReason#CANCELLED}, and stays interrupted.
   *
   * @throws EngineException if there is no answer; its type says what to do about it
   */
  public ChatResponse complete(ChatRequest request) {
    try (ChatStream stream = stream(request)) {
      return stream.toResponse();
    }
  }

  /**
   * Answers with a value: the record's components, in order, are what the answer must consist of.
   *
   * <pre>{@code
   * record City(String name, int inhabitants, List<String> sights) {}
   *
   * City city = chat.complete(ChatRequest.of(Message.user("Tell me about Oslo.")), City.class);
   * }</pre>
   *
   * <p>Components may be strings, {@code int}, {@code long}, {@code double}, {@code boolean},
   * enums, records, and lists, maps by string, optionals of such. If the record is in a named
   * module, that opens its package to {@code ai.kolm.runtime}.
   *
   * @param request what to answer; its own format does not count
   * @throws IncompleteAnswerException if the answer was cut before it was complete
   * @throws EngineException if there is no answer
   * @throws IllegalArgumentException if no schema can be derived from the type, or its constructor
   *     refuses a value
   */
  public <T extends Record> T complete(ChatRequest request, Class<T> type) {
    ResponseFormat format =
        new ResponseFormat.JsonSchema(
            type.getSimpleName(), RecordSchema.of(type), false, ResponseFormat.JsonSchema.STYLE);
    ChatResponse response =
        complete(request.withResponseFormat(format).withTools(ToolUse.NONE).withChoices(1));
    ChatResponse.Choice answer = response.choices().getFirst();
    if (answer.finishReason() != FinishReason.STOP) {
      throw new IncompleteAnswerException(response);
    }
    byte[] json = String.valueOf(answer.message().content()).getBytes(StandardCharsets.UTF_8);
    try {
      return RecordReader.read(type, JsonReader.read(json, JsonLimits.DEFAULT.withDepth(128)));
    } catch (JsonException e) {
      throw new IllegalStateException("the grammar let malformed JSON pass", e);
    }
  }

  /**
   * Starts to answer. The stream has to be closed, or read to its end.
   *
   * @throws EngineException if there will be no answer; its type says what to do about it
   */
  public ChatStream stream(ChatRequest request) {
    Prompt rendered = template.apply(request);
    int[] prompt = tokens(rendered);
    Optional<Thinking> thinking = style.thinking(rendered);
    Grammar grammar = constraints.of(request, thinking);
    if (request.ignoreEndOfText() && !grammar.equals(Grammar.anything())) {
      throw new InvalidRequestException(
          "ignore_eos", "an answer of a format, or with calls, ends where its grammar says");
    }
    boolean calls = request.tools().isActive();
    GenerationRequest generation =
        new GenerationRequest(
            prompt,
            request.n(),
            request.sampling().orElse(model.sampling()),
            request.seed().orElseGet(() -> ThreadLocalRandom.current().nextLong()),
            endConditions(request),
            grammar,
            request.topLogprobs(),
            OptionalInt.empty(),
            scope(request.cacheScope()),
            style.marks(tokenizer.vocabulary(), calls));
    List<ReplyParser> parsers =
        Stream.generate(() -> parser(request, thinking)).limit(request.n()).toList();
    return new ChatStream(
        engine.submit(generation), tokenizer.vocabulary(), parsers, style.dialect().idLength());
  }

  private ReplyParser parser(ChatRequest request, Optional<Thinking> thinking) {
    ToolUse tools = request.tools();
    return tools.isActive()
        ? new ReplyParser(style.dialect(), thinking, tools.custom())
        : new ReplyParser(null, thinking);
  }

  /**
   * The tokens that the messages of a request become.
   *
   * @throws InvalidRequestException if the template refuses them, or they make none
   */
  public int[] promptTokens(ChatRequest request) {
    return tokens(template.apply(request));
  }

  private int[] tokens(Prompt rendered) {
    int[] prompt = PromptTokens.encode(tokenizer, rendered);
    if (prompt.length == 0) {
      throw new InvalidRequestException("messages", "the messages make an empty prompt");
    }
    return prompt;
  }

  private EndConditions endConditions(ChatRequest request) {
    List<String> stop = Stream.concat(request.stop().stream(), model.stop().stream()).toList();
    int maxTokens = request.maxTokens().orElse(model.maxTokens().orElse(Integer.MAX_VALUE));
    try {
      return new EndConditions(maxTokens, stop, request.ignoreEndOfText());
    } catch (IllegalArgumentException e) {
      throw new InvalidRequestException("stop", String.valueOf(e.getMessage()));
    }
  }

  /** Ends all requests, then the engine and the model. */
  @Override
  public void close() {
    engine.close();
    afterClose.run();
  }
}
