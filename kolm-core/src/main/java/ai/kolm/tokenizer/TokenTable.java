package ai.kolm.tokenizer;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/** The vocabulary: names, kinds and bytes in flat arrays, because there can be 262,144 of them. */
final class TokenTable implements Vocabulary {
  private final List<String> names;
  private final NameIndex index;
  private final Kind[] kinds;
  private final byte[] data;
  private final int[] starts;
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
   * @param index of the names
   * @param kinds of all ids
   * @param bytes what each id stands for in text
   */
  TokenTable(List<String> names, NameIndex index, Kind[] kinds, byte[][] bytes, Roles roles) {
    this.names = names;
    this.index = index;
    this.roles = roles;
    this.kinds = kinds.clone();
    starts = new int[kinds.length + 1];
    for (int id = 0; id < kinds.length; id++) {
      starts[id + 1] = Math.addExact(starts[id], bytes[id].length);
    }
    data = new byte[starts[kinds.length]];
    for (int id = 0; id < kinds.length; id++) {
      System.arraycopy(bytes[id], 0, data, starts[id], bytes[id].length);
    }
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
    return Arrays.copyOfRange(data, starts[id], starts[id + 1]);
  }

  /** The bytes of all tokens, one after the other: those of {@code id} from start to end. */
  byte[] data() {
    return data;
  }

  int start(int id) {
    return starts[id];
  }

  int end(int id) {
    return starts[id + 1];
  }

  @Override
  public String name(int id) {
    return names.get(id);
  }

  @Override
  public OptionalInt id(String name) {
    int id = index.find(name);
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
