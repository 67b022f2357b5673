package ai.kolm.grammar;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * How calls are written that are not JSON as a whole: texts before and behind the name and the
 * arguments of each call. The calls of an answer are
 *
 * <pre>{@code first call (between call)* last,   call = before NAME after ARGUMENTS tail}</pre>
 *
 * <p>What comes next must always be told by the next character or control token: {@code between}
 * and {@code last}, as far as they are the same, may only differ later on.
 *
 * @param first in front of the first call
 * @param before the name
 * @param after the name; its first character is in no name
 * @param tail behind the arguments
 * @param between two calls
 * @param last behind the last call
 * @param notation of the arguments
 */
public record CallForm(
    List<Piece> first,
    List<Piece> before,
    List<Piece> after,
    List<Piece> tail,
    List<Piece> between,
    List<Piece> last,
    Notation notation) {

  /** Of arguments. */
  public enum Notation {
    /** A JSON object. */
    JSON,
    /** Keyword arguments of Python, up to the closing parenthesis, which is part of them. */
    PYTHON
  }

  /** Part of what stands around a name and arguments. */
  public sealed interface Piece {}

  /**
   * A mark: a control token of that name if there is one, else the text.
   *
   * @param text not empty
   */
  public record Text(String text) implements Piece {
    /** Checks that there is a text. */
    public Text {
      if (text.isEmpty()) {
        throw new IllegalArgumentException("a mark needs a text");
      }
    }
  }

  /**
   * Letters and digits of the model's choice.
   *
   * @param characters how many
   */
  public record Id(int characters) implements Piece {
    /** Checks the number. */
    public Id {
      if (characters < 1) {
        throw new IllegalArgumentException("an identifier of %d characters".formatted(characters));
      }
    }
  }

  /**
   * What may be called.
   *
   * @param name letters, digits, {@code _} and {@code -}
   * @param input a grammar in the notation of Lark: the call has one argument, a string of it;
   *     empty: arguments of a schema
   */
  public record Callee(String name, Optional<String> input) {
    /** Checks for null. */
    public Callee {
      Objects.requireNonNull(name);
      Objects.requireNonNull(input);
    }
  }

  /** The one argument of a call whose {@linkplain Callee#input() input} is a text. */
  public static final String INPUT = "input";

  /** Copies the lists. */
  public CallForm {
    first = List.copyOf(first);
    before = List.copyOf(before);
    after = List.copyOf(after);
    tail = List.copyOf(tail);
    between = List.copyOf(between);
    last = List.copyOf(last);
    Objects.requireNonNull(notation);
  }

  /** Pieces that are all marks. */
  public static List<Piece> texts(String... texts) {
    List<Piece> pieces = new ArrayList<>();
    for (String text : texts) {
      pieces.add(new Text(text));
    }
    return List.copyOf(pieces);
  }
}
