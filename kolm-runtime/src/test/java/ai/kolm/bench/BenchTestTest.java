package ai.kolm.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.bench.BenchTest.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BenchTestTest {
  @Test
  void namesAreThoseOfLlamaBench() {
    assertEquals(new BenchTest(Kind.PREFILL, 512), BenchTest.of("pp512"));
    assertEquals(new BenchTest(Kind.DECODE, 128), BenchTest.of(" TG128 "));
    for (BenchTest test : BenchTest.DEFAULT) {
      assertEquals(test, BenchTest.of(test.name()));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "pp", "512", "pp0", "pp-1", "pg512", "pp512x", "pp99999999", "tg1048577"})
  void otherNamesAreRefused(String name) {
    assertThrows(IllegalArgumentException.class, () -> BenchTest.of(name));
  }

  @Test
  void theMessageQuotesTheName() {
    Exception e = assertThrows(IllegalArgumentException.class, () -> BenchTest.of("ppx"));
    assertTrue(String.valueOf(e.getMessage()).contains("\"ppx\""), e.getMessage());
  }
}
