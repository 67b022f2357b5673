package ai.kolm.artifact;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.kolm.tokenizer.Vocabulary;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;

class VocabularyDigestTest {

  @Test
  void lengthAndBytesOfEachTokenInOrder() {
    byte[] expected = {2, 0, 0, 0, 'h', 'i', 0, 0, 0, 0, 1, 0, 0, 0, '!'};
    assertEquals(
        "sha256:" + Sha256.hex(Sha256.of(expected)),
        VocabularyDigest.of(new Tokens(List.of("hi", "", "!"))));
  }

  private record Tokens(List<String> tokens) implements Vocabulary {
    @Override
    public int size() {
      return tokens.size();
    }

    @Override
    public Kind kind(int id) {
      return Kind.NORMAL;
    }

    @Override
    public byte[] bytes(int id) {
      return tokens.get(id).getBytes(UTF_8);
    }

    @Override
    public String name(int id) {
      return tokens.get(id);
    }

    @Override
    public OptionalInt id(String name) {
      int id = tokens.indexOf(name);
      return id < 0 ? OptionalInt.empty() : OptionalInt.of(id);
    }

    @Override
    public OptionalInt bos() {
      return OptionalInt.empty();
    }

    @Override
    public boolean addsBos() {
      return false;
    }

    @Override
    public Set<Integer> endTokens() {
      return Set.of();
    }
  }
}
