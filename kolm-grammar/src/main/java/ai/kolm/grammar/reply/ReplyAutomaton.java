package ai.kolm.grammar.reply;

import ai.kolm.grammar.ReplyFrame;
import ai.kolm.grammar.ReplyFrame.Otherwise;
import ai.kolm.grammar.automaton.ByteAutomaton;
import ai.kolm.grammar.lexer.Lexer;
import ai.kolm.tokenizer.Vocabulary;
import org.jspecify.annotations.Nullable;

/**
 * Reads an answer in its {@link ReplyFrame}. A state is a region of the answer and how far in it:
 * bytes of a mark, blanks, or the state of the automaton that reads the JSON.
 *
 * <p>Every region is left by what comes next alone, so there is never more than one way to read an
 * answer. The one exception, thoughts whose opening mark starts like something else that may come,
 * is read as the mark first and read again when it turns out to be none.
 */
public final class ReplyAutomaton implements ByteAutomaton {
  /** Blanks, each a space or a line break, that may stand beside a mark. */
  private static final int MAX_BLANKS = 2;

  private static final int REGION_BITS = 4;

  /** Nothing read yet; thoughts may begin. */
  private static final int START = 1;

  /** Within the mark that opens thoughts; then within thoughts; then blanks behind them. */
  private static final int THINK_OPEN = 2;

  private static final int THINKING = 3;
  private static final int THOUGHT = 4;

  /** Nothing of the answer read yet: a text, or JSON without a mark, may begin. */
  private static final int UNDECIDED = 5;

  /** Any text; how much of the opening mark its end matches. */
  private static final int FREE = 6;

  /** Nothing read yet: the opening mark, or the other answer, may begin. */
  private static final int CHOICE = 7;

  private static final int OPEN = 8;
  private static final int BEFORE = 9;
  private static final int VALUE = 10;
  private static final int AFTER = 11;
  private static final int CLOSE = 12;

  /** Behind a marked part. */
  private static final int BETWEEN = 13;

  private static final int ANSWER = 14;

  private final ByteAutomaton value;
  private final @Nullable ByteAutomaton answer;
  private final Interned values = new Interned();
  private final Interned answers = new Interned();
  private final Mark opening;
  private final Mark closing;
  private final @Nullable Mark thinkOpening;
  private final @Nullable Mark thinkClosing;
  private final Otherwise otherwise;
  private final boolean repeated;
  private final long start;

  /**
   * @param frame what stands around
   * @param value reads the JSON between the marks; cannot go on where it accepts
   * @param answer reads the answer that may stand in their place, if the frame has one
   * @param vocabulary knows the control tokens
   */
  public ReplyAutomaton(
      ReplyFrame frame,
      ByteAutomaton value,
      @Nullable ByteAutomaton answer,
      Vocabulary vocabulary) {
    if ((answer == null) == (frame.otherwise() == Otherwise.ANSWER)) {
      throw new IllegalArgumentException("the frame and the other answer do not fit");
    }
    this.value = value;
    this.answer = answer;
    this.opening = Mark.of(frame.opening(), vocabulary);
    this.closing = Mark.of(frame.closing(), vocabulary);
    this.otherwise = frame.otherwise();
    this.repeated = frame.repeated();
    ReplyFrame.Thinking thinking = frame.thinking().orElse(null);
    this.thinkOpening = thinking == null ? null : Mark.of(thinking.opening(), vocabulary);
    this.thinkClosing = thinking == null ? null : Mark.of(thinking.closing(), vocabulary);
    if (thinking == null) {
      this.start = begin();
    } else {
      this.start = thinking.begun() ? state(THINKING, 0) : state(START, 0);
    }
  }

  private static long state(int region, int place) {
    return (long) place << REGION_BITS | region;
  }

  private static int region(long state) {
    return (int) state & ((1 << REGION_BITS) - 1);
  }

  private static int place(long state) {
    return (int) (state >>> REGION_BITS);
  }

  @Override
  public long start() {
    return start;
  }

  /** Where the answer begins, behind all thoughts. */
  private long begin() {
    return switch (otherwise) {
      case TEXT -> opening.isEmpty() ? state(UNDECIDED, 0) : state(FREE, 0);
      case ANSWER -> state(CHOICE, 0);
      case NOTHING -> opening.isEmpty() ? value(value.start()) : state(OPEN, 0);
    };
  }

  private long value(long inner) {
    return inner == DEAD ? DEAD : state(VALUE, values.number(inner));
  }

  private long answer(long inner) {
    return inner == DEAD ? DEAD : state(ANSWER, answers.number(inner));
  }

  @Override
  public long step(long state, int next) {
    return step(state, next, false);
  }

  @Override
  public long probe(long state, int next) {
    return step(state, next, true);
  }

  private long step(long state, int next, boolean probe) {
    int place = place(state);
    return switch (region(state)) {
      case START, THINK_OPEN -> openThoughts(place, next, probe);
      case THINKING -> think(place, next);
      case THOUGHT ->
          isBlank(next) && place < MAX_BLANKS
              ? state(THOUGHT, place + 1)
              : step(begin(), next, probe);
      case UNDECIDED -> {
        if (isBlank(next)) {
          yield state; // either may begin with blanks
        }
        long inner = value(advance(value, value.start(), next, probe));
        yield inner == DEAD ? free(0, next) : inner;
      }
      case FREE -> free(place, next);
      case CHOICE -> choose(next, probe);
      case OPEN -> within(opening, OPEN, place, next, state(BEFORE, 0));
      case BEFORE ->
          isBlank(next) && place < MAX_BLANKS
              ? state(BEFORE, place + 1)
              : value(advance(value, value.start(), next, probe));
      case VALUE -> read(place, next, probe);
      case AFTER -> close(place, next);
      case CLOSE -> within(closing, CLOSE, place, next, state(BETWEEN, 0));
      case BETWEEN -> repeat(place, next);
      case ANSWER -> answer(advance(theAnswer(), answers.state(place), next, probe));
      default -> throw new IllegalArgumentException("no state: " + state);
    };
  }

  private static long advance(ByteAutomaton automaton, long state, int next, boolean probe) {
    return probe ? automaton.probe(state, next) : automaton.step(state, next);
  }

  private static boolean isBlank(int next) {
    return next == ' ' || next == '\n';
  }

  /** Bytes of the mark that opens thoughts; if it is another text, that is read from its start. */
  private long openThoughts(int matched, int next, boolean probe) {
    Mark mark = theMark(thinkOpening);
    if (mark.at(matched) == next) {
      int length = matched + 1;
      return length == mark.length() ? state(THINKING, 0) : state(THINK_OPEN, length);
    }
    long other = again(matched, probe);
    return other == DEAD ? DEAD : step(other, next, probe);
  }

  /** Where the answer is if the first bytes of the mark are its own. */
  private long again(int matched, boolean probe) {
    Mark mark = theMark(thinkOpening);
    long state = begin();
    for (int i = 0; i < matched && state != DEAD; i++) {
      state = step(state, mark.at(i), probe);
    }
    return state;
  }

  private long think(int matched, int next) {
    Mark mark = theMark(thinkClosing);
    int length = mark.search(matched, next);
    if (length < 0) {
      return DEAD;
    }
    return length == mark.length() ? state(THOUGHT, 0) : state(THINKING, length);
  }

  private long free(int matched, int next) {
    int length = opening.search(matched, next);
    if (length < 0) {
      return DEAD;
    }
    return length > 0 && length == opening.length() ? state(BEFORE, 0) : state(FREE, length);
  }

  private long choose(int next, boolean probe) {
    long marked = within(opening, OPEN, 0, next, state(BEFORE, 0));
    return marked != DEAD ? marked : answer(advance(theAnswer(), theAnswer().start(), next, probe));
  }

  private static long within(Mark mark, int region, int matched, int next, long behind) {
    if (mark.at(matched) != next) {
      return DEAD;
    }
    return matched + 1 == mark.length() ? behind : state(region, matched + 1);
  }

  private long read(int number, int next, boolean probe) {
    long inner = values.state(number);
    long more = advance(value, inner, next, probe);
    if (more != DEAD) {
      return value(more);
    }
    if (!value.accepts(inner)) {
      return DEAD;
    }
    return closing.isEmpty() ? DEAD : close(0, next);
  }

  private long close(int blanks, int next) {
    return isBlank(next) && blanks < MAX_BLANKS
        ? state(AFTER, blanks + 1)
        : within(closing, CLOSE, 0, next, state(BETWEEN, 0));
  }

  private long repeat(int blanks, int next) {
    if (!repeated) {
      return DEAD;
    }
    return isBlank(next) && blanks < MAX_BLANKS
        ? state(BETWEEN, blanks + 1)
        : within(opening, OPEN, 0, next, state(BEFORE, 0));
  }

  private ByteAutomaton theAnswer() {
    if (answer == null) {
      throw new IllegalStateException("there is no other answer");
    }
    return answer;
  }

  private static Mark theMark(@Nullable Mark mark) {
    if (mark == null) {
      throw new IllegalStateException("there are no thoughts");
    }
    return mark;
  }

  @Override
  public boolean takeUnsure() {
    boolean unsure = answer != null && answer.takeUnsure();
    return value.takeUnsure() || unsure;
  }

  @Override
  public long canonical(long state) {
    return switch (region(state)) {
      case VALUE -> value(value.canonical(values.state(place(state))));
      case ANSWER -> answer(theAnswer().canonical(answers.state(place(state))));
      default -> state;
    };
  }

  @Override
  public boolean accepts(long state) {
    int place = place(state);
    return switch (region(state)) {
      case START, UNDECIDED -> otherwise == Otherwise.TEXT;
      case THINK_OPEN -> {
        long other = again(place, false);
        yield other != DEAD && accepts(other);
      }
      case THOUGHT -> otherwise == Otherwise.TEXT;
      case FREE -> place == 0 || !opening.isControl();
      case VALUE -> closing.isEmpty() && value.accepts(values.state(place));
      case BETWEEN -> true;
      case ANSWER -> theAnswer().accepts(answers.state(place));
      default -> false;
    };
  }

  @Override
  public boolean isFree(long state) {
    return region(state) == FREE || region(state) == UNDECIDED;
  }

  @Override
  public Lexer lexer() {
    return value.lexer();
  }

  @Override
  public int body(long state) {
    return region(state) == VALUE ? value.body(values.state(place(state))) : 0;
  }

  @Override
  public long close(long state, int slot) {
    return value(value.close(values.state(place(state)), slot));
  }

  @Override
  public int freedom(long state) {
    return switch (region(state)) {
      case VALUE -> value.freedom(values.state(place(state)));
      case FREE -> place(state) == 0 && isSafe(opening) ? Integer.MAX_VALUE : 0;
      case THINKING -> place(state) == 0 && isSafe(thinkClosing) ? Integer.MAX_VALUE : 0;
      default -> 0;
    };
  }

  /** Whether no text contains the mark. */
  private static boolean isSafe(@Nullable Mark mark) {
    return mark != null && (mark.isEmpty() || mark.isControl());
  }

  @Override
  public long size() {
    return value.size() + values.bytes() + answers.bytes() + (answer == null ? 0 : answer.size());
  }
}
