package ai.kolm.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.fake.FakeTokenizer;
import ai.kolm.grammar.Grammar;
import ai.kolm.grammar.GrammarException;
import ai.kolm.grammar.GrammarLimits;
import ai.kolm.tokenizer.Vocabulary;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class GrammarCacheTest {
  private final Vocabulary vocabulary =
      new FakeTokenizer(IntStream.range(0, 128).mapToObj(c -> new byte[] {(byte) c}).toList())
          .vocabulary();

  private GrammarCache cache(long bytes) {
    return new GrammarCache(vocabulary, Set.of(FakeTokenizer.END), GrammarLimits.DEFAULT, bytes);
  }

  private static Grammar regex(GrammarCache cache, String pattern) {
    return cache.get(pattern, compiler -> compiler.regex(pattern));
  }

  @Test
  void theSameSourceIsCompiledOnce() {
    GrammarCache cache = cache(1 << 20);
    assertSame(regex(cache, "a+"), regex(cache, "a+"));
    assertNotSame(regex(cache, "a+"), regex(cache, "b+"));
    assertEquals(2, cache.size());
  }

  @Test
  void tenThousandGrammarsStayWithinTheirBytes() {
    GrammarCache cache = cache(1 << 20);
    Grammar first = regex(cache, "x0");
    long most = 0;
    for (int i = 1; i < 10_000; i++) {
      regex(cache, "x" + i);
      most = Math.max(most, cache.size());
    }
    assertTrue(most * regex(cache, "x1").bytes() < (2 << 20), most + " kept");
    assertNotSame(first, regex(cache, "x0"), "the oldest has gone");
  }

  @Test
  void whatIsRefusedIsNotKept() {
    GrammarCache cache = cache(1 << 20);
    assertThrows(GrammarException.class, () -> regex(cache, "("));
    assertEquals(0, cache.size());
  }
}
