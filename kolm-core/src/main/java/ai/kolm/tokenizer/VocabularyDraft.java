package ai.kolm.tokenizer;

import ai.kolm.tokenizer.Vocabulary.Kind;
import ai.kolm.weights.ModelFormatException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The tokens of a file while it is read: names and kinds, checked as they are added up.
 *
 * <p>Limits: at most {@value #MAX_TOKENS} tokens of at most {@value #MAX_LENGTH} characters.
 */
final class VocabularyDraft {
  /** Four times the largest vocabularies. */
  static final int MAX_TOKENS = 1 << 20;

  /** Eight times the longest token of published vocabularies, in UTF-16 units. */
  static final int MAX_LENGTH = 4096;

  /**
   * Tokens that end an answer in the chat formats that are in use, whatever their file says of
   * them. Files often name only one end token, and not the one that ends a turn.
   */
  private static final List<String> END_NAMES =
      List.of(
          "<|im_end|>",
          "<|eot_id|>",
          "<|eom_id|>",
          "<|end|>",
          "<|endoftext|>",
          "<|end_of_text|>",
          "<|end_of_turn|>",
          "<|END_OF_TURN_TOKEN|>",
          "<end_of_turn>",
          "<end_of_utterance>",
          "<turn|>",
          "<|return|>",
          "<|call|>",
          "<｜end▁of▁sentence｜>");

  /**
   * As {@link #END_NAMES}, but text in some vocabularies (a tag of HTML): only if control tokens.
   */
  private static final List<String> CONTROL_END_NAMES =
      List.of("<EOT>", "_<EOT>", "[EOT]", "[EOS]", "<eos>", "</s>");

  private final String file;
  private final TokenNames names;
  private final Kind[] kinds;

  /**
   * @param key what the file calls the list, for messages
   * @param names none of which has been added yet
   */
  VocabularyDraft(String file, String key, TokenNames names, Kind[] kinds)
      throws ModelFormatException {
    this.file = file;
    this.names = names;
    this.kinds = kinds;
    if (names.size() == 0 || names.size() > MAX_TOKENS) {
      throw fault("%s: expected 1 to %,d tokens, got %,d".formatted(key, MAX_TOKENS, names.size()));
    }
    if (kinds.length != names.size()) {
      throw fault("%s: %,d tokens have %,d types".formatted(key, names.size(), kinds.length));
    }
    for (int id = 0; id < names.size(); id++) {
      checkLength(key, id);
      int other = names.isEmpty(id) ? id : names.add(id);
      if (other != id) {
        throw fault(
            "%s: tokens %d and %d are both \"%s\"".formatted(key, other, id, names.get(id)));
      }
    }
  }

  private void checkLength(String key, int id) throws ModelFormatException {
    if (names.isLonger(id, MAX_LENGTH)) {
      throw fault(
          "%s/%d: a token of %,d characters, at most %,d allowed"
              .formatted(key, id, names.get(id).length(), MAX_LENGTH));
    }
  }

  String file() {
    return file;
  }

  int size() {
    return names.size();
  }

  TokenNames names() {
    return names;
  }

  String name(int id) {
    return names.get(id);
  }

  Kind kind(int id) {
    return kinds[id];
  }

  /** The id of a name; -1 if there is none. */
  int find(String name) {
    return names.find(name);
  }

  /**
   * Whether text may become this token by itself: control tokens and their like come from outside.
   */
  boolean isText(int id) {
    return kinds[id] == Kind.NORMAL || kinds[id] == Kind.USER_DEFINED || kinds[id] == Kind.BYTE;
  }

  /** The id, if it is one of a token; {@code key} is where it stands, for the message. */
  int checked(String key, long id) throws ModelFormatException {
    if (id < 0 || id >= names.size()) {
      throw fault("%s: expected an id below %,d, got %d".formatted(key, names.size(), id));
    }
    return (int) id;
  }

  /**
   * The tokens that end an answer: {@code named} and those with a well-known name. All of them
   * become control tokens, so that no text of a user can be one.
   */
  Set<Integer> endTokens(Set<Integer> named) {
    Set<Integer> end = new HashSet<>(named);
    END_NAMES.stream().map(names::find).filter(id -> id >= 0).forEach(end::add);
    CONTROL_END_NAMES.stream()
        .map(names::find)
        .filter(id -> id >= 0 && kinds[id] == Kind.CONTROL)
        .forEach(end::add);
    end.forEach(id -> kinds[id] = Kind.CONTROL);
    return end;
  }

  /**
   * The unknown token that a model may give text it has no token for: {@code id}, unless that is
   * negative or one of {@code end}, because no text may end an answer; then -1.
   */
  int unknown(int id, Set<Integer> end) {
    if (id < 0 || end.contains(id)) {
      return -1;
    }
    kinds[id] = Kind.UNKNOWN;
    return id;
  }

  /** The finished vocabulary. */
  TokenTable table(TokenBytes bytes, TokenTable.Roles roles) {
    return new TokenTable(names, kinds, bytes, roles);
  }

  /** The tokens that are found in text as it stands, because of their kind. */
  List<AddedToken> added() {
    List<AddedToken> added = new ArrayList<>();
    for (int id = 0; id < kinds.length; id++) {
      if (kinds[id] == Kind.CONTROL
          || kinds[id] == Kind.USER_DEFINED
          || kinds[id] == Kind.UNKNOWN) {
        added.add(AddedToken.plain(id, names.get(id), kinds[id] != Kind.USER_DEFINED));
      }
    }
    return added;
  }

  ModelFormatException fault(String message) {
    return new ModelFormatException(file, message);
  }
}
