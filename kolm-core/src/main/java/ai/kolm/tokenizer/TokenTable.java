package ai.kolm.tokenizer;

import java.util.Arrays;
import java.util.OptionalInt;
import java.util.Set;

/** The vocabulary: names, kinds and bytes in flat arrays, because there can be 262,144 of them. */
final class TokenTable implements Vocabulary {
  private final TokenNames names;
  private final Kind[] kinds;
  private final TokenBytes bytes;
  private final Roles roles;

  /**
   * What the model does with some tokens.
   *
   * @param bos the token in front of a prompt
   * @param addsBos whether it is put there
   * @param closing the token behind a text that is to become a vector
   * @param end the tokens that end an answer
   */
  record Roles(OptionalInt bos, boolean addsBos, OptionalInt closing, Set<Integer> end) {
    Roles {
      end = Set.copyOf(end);
    }
  }

  /**
   * @param names of all ids
   * @param kinds of all ids
   * @param bytes what each id stands for in text
   */
  TokenTable(TokenNames names, Kind[] kinds, TokenBytes bytes, Roles roles) {
    this.names = names;
    this.roles = roles;
    this.kinds = kinds.clone();
    this.bytes = bytes;
  }

  @Override
  public int size() {
    return kinds.length;
  }

  @Override
  public Kind kind(int id) {
    return kinds[id];
  }

  @Override
  public byte[] bytes(int id) {
    return Arrays.copyOfRange(bytes.data(), bytes.start(id), bytes.end(id));
  }

  /** The bytes of all tokens, one after the other: those of {@code id} from start to end. */
  byte[] data() {
    return bytes.data();
  }

  int start(int id) {
    return bytes.start(id);
  }

  int end(int id) {
    return bytes.end(id);
  }

  @Override
  public String name(int id) {
    return names.get(id);
  }

  @Override
  public OptionalInt id(String name) {
    int id = names.find(name);
    return id < 0 ? OptionalInt.empty() : OptionalInt.of(id);
  }

  @Override
  public OptionalInt bos() {
    return roles.bos;
  }

  @Override
  public boolean addsBos() {
    return roles.addsBos;
  }

  @Override
  public OptionalInt closing() {
    return roles.closing;
  }

  @Override
  public Set<Integer> endTokens() {
    return roles.end;
  }
}
