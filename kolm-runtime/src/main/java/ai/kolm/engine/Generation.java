package ai.kolm.engine;

import ai.kolm.tokenizer.Tokenizer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** A request on its way through the engine. Made by the caller, then for the engine's thread. */
final class Generation {

  /** What all requests of an engine share. */
  record Environment(
      Scheduler scheduler,
      Workspace workspace,
      ForcedTokens forced,
      Set<Integer> endTokens,
      Meter meter) {}

  /** How far a request is. */
  enum State {
    QUEUED,
    RUNNING,
    COMPLETED,
    CANCELLED,
    FAILED
  }

  private final GenerationRequest request;
  private final TokenStream stream;
  private final Environment environment;
  private final List<Sequence> sequences = new ArrayList<>();
  private final List<Answer> answers = new ArrayList<>();
  private final long submitted = System.nanoTime();
  private State state = State.QUEUED;
  private int unfinished;
  private int cached;
  private int generated;
  private long admitted;
  private long firstToken;

  Generation(
      GenerationRequest request,
      CacheScope scope,
      TokenStream stream,
      Tokenizer tokenizer,
      int maxTokens,
      Environment environment) {
    this.request = request;
    this.stream = stream;
    this.environment = environment;
    for (int choice = 0; choice < request.n(); choice++) {
      StopStrings stops = new StopStrings(request.end().stopStrings());
      AnswerText text =
          new AnswerText(
              choice, tokenizer.decoder(), tokenizer.vocabulary(), request.shown(), stops);
      Answer answer = new Answer(this, choice, maxTokens, scope, text);
      answers.add(answer);
      sequences.add(answer.sequence());
    }
    unfinished = answers.size();
  }

  GenerationRequest request() {
    return request;
  }

  TokenStream stream() {
    return stream;
  }

  Workspace workspace() {
    return environment.workspace();
  }

  ForcedTokens forced() {
    return environment.forced();
  }

  boolean isEnd(int token) {
    return environment.endTokens().contains(token);
  }

  /** Puts the sequences in the queue. */
  void start() {
    sequences.forEach(environment.scheduler()::add);
  }

  /** A sequence runs, the first tokens of which were computed already. */
  void admitted(int computed) {
    if (state == State.QUEUED) {
      cached = computed;
      admitted = System.nanoTime();
      become(State.RUNNING);
    }
  }

  void tokenGenerated() {
    if (generated++ == 0) {
      firstToken = System.nanoTime();
    }
    environment.meter().tokenGenerated();
  }

  /** A grammar has said which tokens it allows. */
  void maskFilled(long nanos) {
    environment.meter().maskFilled(nanos);
  }

  void answerEnded(Sequence sequence, EndReason reason) {
    environment.scheduler().remove(sequence);
    if (--unfinished == 0) {
      stream.put(new GenerationEvent.Done(request.prompt().length, cached, generated, timings()));
      stream.end(null);
      become(reason == EndReason.CANCELLED ? State.CANCELLED : State.COMPLETED);
    }
  }

  private Timings timings() {
    long now = System.nanoTime();
    long runningFrom = admitted == 0 ? now : admitted;
    long decodingFrom = firstToken == 0 ? now : firstToken;
    return new Timings(
        Duration.ofNanos(runningFrom - submitted),
        Duration.ofNanos(decodingFrom - runningFrom),
        Duration.ofNanos(now - decodingFrom));
  }

  /** Ends what has not ended; the reader is told. */
  void cancel() {
    answers.forEach(answer -> answer.end(EndReason.CANCELLED));
  }

  /** Ends everything, unless all has ended; the reader gets the failure. */
  void fail(EngineException failure) {
    if (isLive()) {
      abandon(failure);
      sequences.forEach(environment.scheduler()::discard);
    }
  }

  /** Tells the reader, and leaves the sequences as they are: the engine has ended. */
  void abandon(EngineException failure) {
    stream.end(failure);
    become(State.FAILED);
  }

  boolean isLive() {
    return state == State.QUEUED || state == State.RUNNING;
  }

  private void become(State next) {
    environment.meter().moved(state, next);
    state = next;
  }
}
