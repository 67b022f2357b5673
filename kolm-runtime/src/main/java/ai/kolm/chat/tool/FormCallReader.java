package ai.kolm.chat.tool;

import ai.kolm.grammar.CallForm;
import ai.kolm.grammar.CallForm.Notation;
import ai.kolm.grammar.CallForm.Piece;
import ai.kolm.grammar.PythonArguments;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads calls that are written in a {@link CallForm}. What stands around a call is known to the
 * character; only behind a call it has to be told whether another follows.
 */
final class FormCallReader implements CallReader {
  private enum Phase {
    /** Blanks behind the opening mark. */
    BLANKS,
    BEFORE,
    NAME,
    AFTER,
    ARGUMENTS,
    /** Behind the last call. */
    DONE
  }

  private final CallForm form;
  private final String toFirst;
  private final String toNext;
  private final String after;
  private final StringBuilder held = new StringBuilder();
  private final StringBuilder name = new StringBuilder();
  private final JsonScanner scanner = new JsonScanner();
  private Phase phase = Phase.BLANKS;
  private String expected;
  private int matched;
  private int python;
  private int calls;

  FormCallReader(CallForm form) {
    this.form = form;
    this.toFirst = text(form.first(), form.before());
    this.toNext = text(form.tail(), form.between(), form.before());
    this.after = text(form.after());
    this.expected = toFirst;
  }

  /** The pieces as one text, an identifier of some sort in place of the model's own. */
  @SafeVarargs
  private static String text(List<Piece>... parts) {
    StringBuilder text = new StringBuilder();
    for (List<Piece> pieces : parts) {
      for (Piece piece : pieces) {
        switch (piece) {
          case CallForm.Text mark -> text.append(mark.text());
          case CallForm.Id id -> text.repeat("0", id.characters());
        }
      }
    }
    return text.toString();
  }

  @Override
  public int calls() {
    return calls;
  }

  @Override
  public void flush(List<ReplyPart> parts) {
    if (!held.isEmpty()) {
      parts.add(new ReplyPart.Arguments(calls - 1, held.toString()));
      held.setLength(0);
    }
  }

  @Override
  public void take(char c, List<ReplyPart> parts) {
    switch (phase) {
      case BLANKS -> {
        if (!Character.isWhitespace(c)) {
          expect(toFirst);
          take(c, parts);
        }
      }
      case BEFORE -> before(c);
      case NAME -> {
        if (isOfName(c)) {
          name.append(c);
        } else {
          phase = Phase.AFTER;
          matched = 0;
          after(parts);
        }
      }
      case AFTER -> after(parts);
      case ARGUMENTS -> {
        if (argument(c)) {
          flush(parts);
          expect(toNext);
        }
      }
      case DONE -> {}
    }
  }

  private static boolean isOfName(char c) {
    return Tool.isName(String.valueOf(c));
  }

  /** Begins to read what stands in front of a name. */
  private void expect(String text) {
    expected = text;
    matched = 0;
    name.setLength(0);
    phase = text.isEmpty() ? Phase.NAME : Phase.BEFORE;
  }

  /** What is not in front of another call is behind the last one. */
  private void before(char c) {
    if (expected.charAt(matched) != c) {
      phase = Phase.DONE;
    } else if (++matched == expected.length()) {
      phase = Phase.NAME;
    }
  }

  private void after(List<ReplyPart> parts) {
    if (++matched < after.length()) {
      return;
    }
    parts.add(new ReplyPart.CallStart(calls++, name.toString()));
    phase = Phase.ARGUMENTS;
    if (form.notation() == Notation.PYTHON) {
      python = PythonArguments.START;
      held.append('{');
    } else {
      scanner.start();
    }
    flush(parts);
  }

  /** Whether the arguments end with {@code c}. */
  private boolean argument(char c) {
    if (form.notation() == Notation.PYTHON) {
      python = PythonArguments.next(python, c, value -> held.append((char) value));
      if (python == PythonArguments.REFUSED) {
        throw new IllegalStateException("the grammar let malformed arguments pass");
      }
      return python == PythonArguments.END;
    }
    held.append(c);
    scanner.next(c);
    return scanner.isComplete();
  }

  /** All marks of a form that may be control tokens. */
  static List<String> marks(CallForm form) {
    List<String> marks = new ArrayList<>();
    for (List<Piece> pieces :
        List.of(
            form.first(), form.before(), form.after(), form.tail(), form.between(), form.last())) {
      for (Piece piece : pieces) {
        if (piece instanceof CallForm.Text mark) {
          marks.add(mark.text());
        }
      }
    }
    return marks;
  }
}
