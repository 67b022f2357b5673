package ai.kolm.engine;

import ai.kolm.grammar.TokenMask;
import ai.kolm.model.LogitColumns;
import ai.kolm.model.Logits;
import ai.kolm.sampling.SamplerChain;
import ai.kolm.sampling.TokenScores;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * One continuation of a prompt: turns the logits of its sequence into tokens and text, until an end
 * condition holds. For the engine's thread.
 */
final class Answer implements Sequence.Owner {
  private final Generation generation;
  private final GenerationRequest request;
  private final int number;
  private final int maxTokens;
  private final Sequence sequence;
  private final NextTokens next;
  private final AnswerText text;

  /** Made for the first token: an answer that waits should cost little. */
  private @Nullable SamplerChain sampler;

  /** Tokens whose text, and score, has been taken; the sequence may be ahead. */
  private int taken;

  private boolean ended;

  // What prepare() and choose() have found out about the logits of this step.
  private boolean chooses;
  private @Nullable LogitColumns columns;
  private @Nullable Choice choice;
  private @Nullable RuntimeException failure;

  private record Choice(int token, @Nullable TokenScores scores) {}

  Answer(Generation generation, int number, int maxTokens, CacheScope scope, AnswerText text) {
    this.generation = generation;
    this.request = generation.request();
    this.number = number;
    this.maxTokens = maxTokens;
    this.text = text;
    this.next =
        new NextTokens(
            request.grammar().matcher(),
            generation.workspace().row().length,
            generation::maskFilled);
    boolean scoresPrompt = number == 0 && request.promptLogprobs().isPresent();
    this.sequence =
        new Sequence(request.prompt(), scoresPrompt ? 0 : request.prompt().length - 1, scope, this);
  }

  Sequence sequence() {
    return sequence;
  }

  @Override
  public boolean stalled() {
    return generation.stream().stalled();
  }

  @Override
  public void admitted(int computed) {
    generation.admitted(computed);
  }

  @Override
  public void fail(EngineException failure) {
    generation.fail(failure);
  }

  @Override
  public void prepare() {
    choice = null;
    failure = null;
    chooses = generation.isLive() && sequence.nextRow() == sequence.length() - 1 && maxTokens > 0;
    columns = chooses && request.logprobs().isEmpty() ? next.columns() : null;
    chooses = chooses && next.mask().next(0) >= 0;
  }

  @Override
  public @Nullable LogitColumns columns() {
    return columns;
  }

  @Override
  public void choose(Logits logits, int row, Workspace workspace) {
    if (chooses) {
      try {
        choice = choice(logits, row, workspace);
      } catch (RuntimeException e) {
        failure = e;
      }
    }
  }

  private Choice choice(Logits logits, int row, Workspace workspace) {
    float[] loaded = workspace.load(logits, row, columns);
    int token = sampler().next(loaded, next.mask(), workspace.candidates());
    return new Choice(token, scores(logits, row, token, workspace));
  }

  @Override
  public void accept(Logits logits, int row) {
    if (ended || !generation.isLive()) {
      return;
    }
    int position = sequence.nextRow() + 1;
    sequence.rowTaken();
    if (position < request.prompt().length) {
      score(position, generation.workspace().load(logits, row, null));
    } else if (maxTokens == 0) {
      end(EndReason.LENGTH);
    } else if (position < sequence.length()) {
      int forced = sequence.token(position); // only its score was missing
      take(forced, scores(logits, row, forced, generation.workspace()), false);
    } else {
      generate(logits, row);
    }
  }

  private void score(int position, float[] row) {
    int id = request.prompt()[position];
    TokenScores scores = TokenScores.of(row, id, request.promptLogprobs().orElse(0));
    generation.stream().put(new GenerationEvent.PromptToken(position, id, scores));
  }

  private void generate(Logits logits, int row) {
    if (next.mask().next(0) < 0 && next.matcher().isComplete()) {
      end(EndReason.END_OF_TEXT); // nothing at all may be generated
      return;
    }
    if (failure != null) {
      throw failure;
    }
    Choice chosen = choice == null ? choice(logits, row, generation.workspace()) : choice;
    int token = chosen.token();
    sequence.append(token);
    if (generation.isEnd(token) && !request.end().ignoreEndTokens()) {
      generation.tokenGenerated();
      end(EndReason.END_OF_TEXT);
      return;
    }
    boolean free = next.matcher().isFree();
    next.accept(token);
    take(token, chosen.scores(), free);
    if (!ended) {
      goAhead(token);
    }
  }

  /**
   * Appends what the grammar forces. With scores asked for, each of these tokens is taken when the
   * logits before it have been computed; else at once, and no logits but the last are computed.
   *
   * <p>That is text that has to come, then a token that is the only one allowed: no logits would
   * change which it is. Behind that, as behind any token that is drawn, more text may have to come.
   */
  private void goAhead(int last) {
    int before = sequence.answered();
    force(forcedText(last));
    for (int only = onlyToken(before); only >= 0; only = onlyToken(before)) {
      force(only);
      force(forcedText(only));
    }
    if (request.logprobs().isEmpty() && !ended && sequence.answered() > before) {
      sequence.skipToLastRow();
    }
  }

  private int[] forcedText(int last) {
    if (!request.sampling().logitBias().isEmpty() || next.matcher().isFree()) {
      return new int[0]; // a bias may forbid a way to write what is forced
    }
    return generation.forced().next(next.matcher(), last, maxTokens - sequence.answered());
  }

  /** The only token that may come; -1 if there is another, or enough has been forced. */
  private int onlyToken(int before) {
    int answered = sequence.answered();
    boolean enough = answered - before >= ForcedTokens.MAX_TOKENS || answered >= maxTokens;
    if (ended || enough || next.matcher().isFree()) {
      return -1;
    }
    int only = next.only();
    return only >= 0 && generation.isEnd(only) ? -1 : only;
  }

  private void force(int... tokens) {
    for (int token : tokens) {
      next.accept(token);
      sampler().accept(token);
      sequence.append(token);
      if (request.logprobs().isEmpty()) {
        take(token, null, false);
      }
    }
  }

  /** Takes a token that has been appended and accepted; ends the answer if it was the last. */
  private void take(int token, @Nullable TokenScores scores, boolean free) {
    taken++;
    generation.tokenGenerated();
    text.accept(token, scores, free);
    if (text.stopped()) {
      end(EndReason.STOP_STRING);
    } else if (taken == sequence.answered() && isOver()) {
      end(EndReason.END_OF_TEXT);
    } else if (taken == maxTokens) {
      end(EndReason.LENGTH);
    } else {
      release();
    }
  }

  /** Whether the grammar allows an end and nothing else: the model need not be asked for it. */
  private boolean isOver() {
    if (next.matcher().isFree() || !next.matcher().isComplete()) {
      return false;
    }
    TokenMask mask = next.mask();
    int id = mask.next(0);
    while (id >= 0 && generation.isEnd(id)) {
      id = mask.next(id + 1);
    }
    return id < 0;
  }

  private SamplerChain sampler() {
    if (sampler == null) {
      sampler = SamplerChain.of(request.sampling(), request.prompt(), request.seed(), number);
    }
    return sampler;
  }

  private @Nullable TokenScores scores(Logits logits, int row, int token, Workspace workspace) {
    OptionalInt top = request.logprobs();
    return top.isEmpty()
        ? null
        : TokenScores.of(workspace.load(logits, row, null), token, top.getAsInt());
  }

  private void release() {
    GenerationEvent.Piece piece = text.release();
    if (piece != null) {
      generation.stream().put(piece);
    }
  }

  /** Ends the answer, unless it has ended. */
  void end(EndReason reason) {
    if (ended) {
      return;
    }
    ended = true;
    if (reason != EndReason.CANCELLED) {
      text.finish();
      release();
    }
    generation.stream().put(new GenerationEvent.Finished(number, reason));
    generation.answerEnded(sequence, reason);
  }
}
