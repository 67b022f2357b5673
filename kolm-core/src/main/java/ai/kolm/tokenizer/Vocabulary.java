package ai.kolm.tokenizer;

import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;

/** The tokens of a tokenizer, by id. Immutable. */
public interface Vocabulary {

  /** What a token is for. */
  enum Kind {
    /** Text. */
    NORMAL,
    /** The unknown token. */
    UNKNOWN,
    /** Control: begin, end, turn markers. Has no bytes in an answer. */
    CONTROL,
    /** Added to the vocabulary after training, but text. */
    USER_DEFINED,
    /** A place in the table without a meaning. */
    UNUSED,
    /** One raw byte. */
    BYTE
  }

  /** The number of ids. */
  int size();

  /** What token {@code id} is for. */
  Kind kind(int id);

  /** The bytes that token {@code id} stands for in text; a control token: those of its name. */
  byte[] bytes(int id);

  /** The token as the file writes it: {@code Ġthe}, {@code <|im_end|>}. */
  String name(int id);

  /** The id of the token the file writes as {@code name}. */
  OptionalInt id(String name);

  /** Put in front of a prompt, where the model has one and wants it: see {@link #addsBos()}. */
  OptionalInt bos();

  /** Whether a prompt that does not start with {@link #bos()} gets it in front. */
  boolean addsBos();

  /**
   * Put behind a text that is to become a vector, where the file asks for it. A prompt never gets
   * it: it would say that there is nothing to answer.
   */
  default OptionalInt closing() {
    return OptionalInt.empty();
  }

  /** The tokens that end an answer. */
  Set<Integer> endTokens();

  /** A prompt with {@link #bos()} in front where {@link #addsBos()} asks for it; never two. */
  default int[] withBos(int[] ids) {
    OptionalInt bos = bos();
    boolean missing = addsBos() && bos.isPresent() && (ids.length == 0 || ids[0] != bos.getAsInt());
    return missing
        ? IntStream.concat(IntStream.of(bos.getAsInt()), IntStream.of(ids)).toArray()
        : ids;
  }
}
