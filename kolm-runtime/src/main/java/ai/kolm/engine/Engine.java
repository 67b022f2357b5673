package ai.kolm.engine;

import ai.kolm.grammar.GrammarException;
import ai.kolm.model.LanguageModel;
import ai.kolm.model.Logits;
import ai.kolm.sampling.TokenScores;
import ai.kolm.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Runs many requests on one model at a time. It owns the model and the one thread that uses it:
 *
 * <pre>{@code
 * try (Engine engine = new Engine(model, tokenizer, Set.of(), EngineLimits.DEFAULT)) {
 *   TokenStream stream = engine.submit(GenerationRequest.of(prompt, EndConditions.atMost(100)));
 *   ...
 * }
 * }</pre>
 *
 * <p>A step is three verbs: the {@link Scheduler} schedules, the model runs, {@link Answer}s
 * postprocess their rows, of which only the choice of tokens is shared with other threads. Callers
 * leave messages in a {@link Mailbox} that is emptied between steps; all else is confined to the
 * thread.
 *
 * <p>What fails, fails alone: an exception over one row ends its request; an exception of the model
 * ends the requests of the step; an {@link Error} of the model, after which its memory is in doubt,
 * ends all requests and the engine. No caller waits for ever.
 *
 * <p>Safe for use by many threads.
 */
public final class Engine implements AutoCloseable {
  private static final int WARM_UP_PROMPT = 64;
  private static final int WARM_UP_TOKENS = 16;

  /** The most threads that choose tokens: each needs memory for all tokens of the vocabulary. */
  private static final int CHOOSERS = 4;

  private static final CacheScope WARM_UP = CacheScope.of("warm-up");

  private final LanguageModel model;
  private final Tokenizer tokenizer;
  private final EngineLimits limits;
  private final boolean keepsPrefixes;
  private final PrefixCache cache;
  private final Scheduler scheduler;
  private final List<Workspace> workspaces;
  private final Generation.Environment environment;
  private final Meter meter = new Meter();
  private final Mailbox mailbox = new Mailbox();
  private final AtomicLong requests = new AtomicLong();
  private final Set<Generation> live = ConcurrentHashMap.newKeySet();
  private final Thread thread;
  private volatile boolean closing;
  private volatile @Nullable Throwable death;
  private volatile EngineMetrics metrics;

  /** An engine that keeps prefixes. */
  @SuppressWarnings("exports") // who cannot see a model cannot make an engine
  public Engine(
      LanguageModel model, Tokenizer tokenizer, Set<Integer> stopTokens, EngineLimits limits) {
    this(model, tokenizer, stopTokens, limits, true);
  }

  /**
   * Starts the engine. It closes the model when it is closed.
   *
   * @param model computes; its limits cut those of {@code limits}
   * @param tokenizer of the model; has at most as many tokens as the model has logits
   * @param stopTokens tokens that end an answer, besides those of the vocabulary
   * @param limits how much to take on
   * @param keepsPrefixes whether what a request has computed is kept for others that start with the
   *     same tokens, in memory that nobody else needs; else only the continuations of one request
   *     share
   */
  @SuppressWarnings("exports") // as above
  public Engine(
      LanguageModel model,
      Tokenizer tokenizer,
      Set<Integer> stopTokens,
      EngineLimits limits,
      boolean keepsPrefixes) {
    int vocabularySize = tokenizer.vocabulary().size();
    if (vocabularySize > model.vocabularySize()) {
      throw new IllegalArgumentException(
          "the tokenizer has %d tokens, the model only %d logits"
              .formatted(vocabularySize, model.vocabularySize()));
    }
    this.model = model;
    this.tokenizer = tokenizer;
    this.limits =
        new EngineLimits(
            Math.min(limits.batchTokens(), model.maxBatchTokens()),
            limits.sequences(),
            limits.queued(),
            limits.streamEvents());
    this.keepsPrefixes = keepsPrefixes;
    this.cache =
        new PrefixCache(new BlockPool(model.blockCount()), model.blockSize(), keepsPrefixes);
    this.scheduler = new Scheduler(cache, model::copyBlock, this.limits, model.maxBatchRows());
    Set<Integer> endTokens = new HashSet<>(tokenizer.vocabulary().endTokens());
    endTokens.addAll(stopTokens);
    this.workspaces =
        Stream.generate(() -> new Workspace(vocabularySize))
            .limit(Math.min(model.threads(), CHOOSERS))
            .toList();
    this.environment =
        new Generation.Environment(
            scheduler,
            workspaces.getFirst(),
            new ForcedTokens(tokenizer),
            Set.copyOf(endTokens),
            meter);
    this.metrics = meter.snapshot(scheduler, cache);
    this.thread = Thread.ofPlatform().daemon().name("kolm-engine").start(this::run);
  }

  /** The most tokens that prompt and answer may have together: the cache may be the limit. */
  public int contextLength() {
    long cached = (long) model.blockCount() * model.blockSize();
    return (int) Math.min(model.contextLength(), cached);
  }

  /** The tokens that end an answer: those of the vocabulary, and those the model adds. */
  public Set<Integer> endTokens() {
    return environment.endTokens();
  }

  /** What the engine has done so far. */
  public EngineMetrics metrics() {
    return metrics;
  }

  /** Whether the model has failed in a way that leaves no engine: it has to be opened anew. */
  public boolean hasFailed() {
    return death != null;
  }

  /** Bytes that weights, activations, keys and values may take, as far as the model knows. */
  public long memoryBytes() {
    return model.memoryBytes();
  }

  /** The name of the kernels that the model runs on. */
  public String kernelName() {
    return model.kernelName();
  }

  /** The level of determinism, as the package describes it: {@code D0} or {@code D1}. */
  public String determinism() {
    return model.isDeterministic() ? "D1" : "D0";
  }

  /**
   * Queues a request and returns at once.
   *
   * @throws InvalidRequestException if a token of the request is not in the vocabulary, or the
   *     model has not its adapter
   * @throws ContextLengthExceededException if the prompt leaves no room for a token to generate
   * @throws OverloadedException if the queue is full
   * @throws ModelFailureException if the engine has failed
   * @throws EngineClosedException if it is closed
   */
  public TokenStream submit(GenerationRequest request) {
    check(request);
    int maxTokens = checkRoom(request.prompt().length, request.end().maxTokens());
    TokenStream stream = new TokenStream(limits.streamEvents(), () -> mailbox.post(() -> {}));
    Generation generation =
        new Generation(request, scope(request), stream, tokenizer, maxTokens, environment);
    stream.onClose(() -> mailbox.post(generation::cancel));
    meter.enterQueue(limits.queued());
    live.add(generation);
    if (!mailbox.post(generation::start)) {
      live.remove(generation);
      meter.leaveQueue();
      throw ended();
    }
    return stream;
  }

  /**
   * How many tokens may follow a prompt.
   *
   * @param promptTokens its length
   * @param maxTokens how many are wanted
   * @return at most that many, as many as the context has room for
   * @throws ContextLengthExceededException if that is none, or the prompt alone does not fit
   */
  public int checkRoom(int promptTokens, int maxTokens) {
    int room = contextLength() - promptTokens;
    if (room < Math.min(1, maxTokens)) {
      throw new ContextLengthExceededException(promptTokens, contextLength());
    }
    return Math.min(maxTokens, room);
  }

  private CacheScope scope(GenerationRequest request) {
    return keepsPrefixes
        ? request.cacheScope()
        : new CacheScope("request " + requests.incrementAndGet(), request.cacheScope().adapter());
  }

  private void check(GenerationRequest request) {
    if (!model.hasAdapter(request.cacheScope().adapter())) {
      throw new InvalidRequestException("model", "the model has no such adapter");
    }
    int size = tokenizer.vocabulary().size();
    for (int id : request.prompt()) {
      checkToken("prompt", id, size);
    }
    for (int id : request.sampling().logitBias().keySet()) {
      checkToken("logit_bias", id, size);
    }
  }

  private static void checkToken(String parameter, int id, int size) {
    if (id < 0 || id >= size) {
      throw new InvalidRequestException(
          parameter, "%s: token %d is not among the %d tokens".formatted(parameter, id, size));
    }
  }

  /**
   * How likely each token of {@code ids} is after the tokens before it, from the second on.
   *
   * @param top how many of the most likely tokens to report at each place, 0 to 20
   * @return (ids - 1) scores
   * @throws EngineException as {@link #submit}, or if the engine fails
   */
  public List<TokenScores> score(int[] ids, int top) {
    List<TokenScores> scores = new ArrayList<>(ids.length);
    try (TokenStream stream = submit(GenerationRequest.scoring(ids, top))) {
      for (GenerationEvent event = stream.next(); event != null; event = stream.next()) {
        if (event instanceof GenerationEvent.PromptToken token) {
          scores.add(token.scores());
        }
      }
    }
    return scores;
  }

  /**
   * Computes a prompt and a few tokens of no meaning, so that the compiler has seen the engine
   * before somebody waits for it. Does nothing once there have been requests, and gives up when one
   * comes meanwhile.
   *
   * @throws EngineException if the engine cannot take it on
   */
  public void warmUp() {
    if (metrics.steps() > 0 || !live.isEmpty()) {
      return;
    }
    int[] prompt = new int[Math.clamp(contextLength() / 2, 1, WARM_UP_PROMPT)];
    Arrays.setAll(prompt, i -> i % tokenizer.vocabulary().size());
    EndConditions end = new EndConditions(WARM_UP_TOKENS, List.of(), true);
    GenerationRequest request = GenerationRequest.of(prompt, end).withCacheScope(WARM_UP);
    try (TokenStream stream = submit(request)) {
      GenerationEvent event = stream.next();
      while (event != null && live.size() < 2) {
        event = stream.next();
      }
    }
  }

  private void run() {
    try (model) {
      boolean idle = false;
      while (!closing) {
        mailbox.take(idle).forEach(Runnable::run);
        idle = !step();
        live.removeIf(generation -> !generation.isLive());
        metrics = meter.snapshot(scheduler, cache);
      }
    } catch (Throwable e) {
      death = e;
    } finally {
      mailbox.shut();
      live.stream().filter(Generation::isLive).forEach(g -> g.abandon(ended()));
      metrics = meter.snapshot(scheduler, cache);
    }
  }

  /** Computes one step; {@code false} if there was nothing to do. */
  private boolean step() {
    Step step = scheduler.schedule();
    if (step.pieces().isEmpty()) {
      return false;
    }
    step.pieces().forEach(Engine::prepare);
    step.dropEnded();
    if (step.pieces().isEmpty()) {
      return true;
    }
    Logits logits;
    long start = System.nanoTime();
    try {
      logits = model.forward(step.batch(model.blockSize()));
    } catch (RuntimeException e) {
      ModelFailureException failure = new ModelFailureException("the model failed", e);
      step.pieces().forEach(piece -> piece.sequence().owner().fail(failure));
      return true;
    }
    meter.stepComputed(step.tokens());
    scheduler.complete(step, System.nanoTime() - start);
    int[] firstRows = step.firstRows();
    choose(step.pieces(), logits, firstRows);
    for (int i = 0; i < firstRows.length; i++) {
      postprocess(step.pieces().get(i), logits, firstRows[i]);
    }
    return true;
  }

  /** Lets the owner of a piece with logits work out which of them it will read. */
  private static void prepare(Step.Piece piece) {
    if (piece.rows() > 0) {
      failingAlone(piece.sequence().owner(), Sequence.Owner::prepare);
    }
  }

  /** Lets the owners of pieces with one row choose their tokens, several at a time. */
  private void choose(List<Step.Piece> pieces, Logits logits, int[] firstRows) {
    int tasks = Math.min(pieces.size(), workspaces.size());
    model.inParallel(
        tasks,
        task -> {
          for (int i = task; i < firstRows.length; i += tasks) {
            if (pieces.get(i).rows() == 1) {
              Sequence.Owner owner = pieces.get(i).sequence().owner();
              owner.choose(logits, firstRows[i], workspaces.get(task));
            }
          }
        });
  }

  /** Hands the rows of a piece to its owner, as long as it goes on. */
  private static void postprocess(Step.Piece piece, Logits logits, int firstRow) {
    failingAlone(
        piece.sequence().owner(),
        owner -> {
          for (int i = 0; i < piece.rows(); i++) {
            owner.accept(logits, firstRow + i);
          }
        });
  }

  private static void failingAlone(Sequence.Owner owner, Consumer<Sequence.Owner> action) {
    try {
      action.accept(owner);
    } catch (GrammarException e) {
      String message = "the grammar cannot be enforced any further: " + e.getMessage();
      owner.fail(new GrammarRefusedException("grammar", message, e));
    } catch (RuntimeException | StackOverflowError e) {
      owner.fail(new ModelFailureException("choosing the next token failed", e));
    }
  }

  private EngineException ended() {
    Throwable cause = death;
    return cause == null
        ? new EngineClosedException()
        : new ModelFailureException("the engine ended", cause);
  }

  /** Ends all requests with {@link EngineClosedException}, then the thread, and the model. */
  @Override
  public void close() {
    closing = true;
    mailbox.post(() -> {});
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
