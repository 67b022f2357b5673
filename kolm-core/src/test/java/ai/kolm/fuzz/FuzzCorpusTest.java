package ai.kolm.fuzz;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The inputs that fuzzing found worth keeping, once more: {@link JazzerTest} finds others. */
class FuzzCorpusTest {
  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "PLANTED")
  void nothingIsFound(FuzzTarget target) throws IOException {
    List<Path> corpus = target.corpus();
    for (Path file : corpus) {
      try {
        target.use(Files.readAllBytes(file));
      } catch (RuntimeException | Error e) {
        throw new AssertionError(file.getFileName().toString(), e);
      }
    }
    System.out.printf("fuzz corpus %s: %d inputs, 0 findings%n", target, corpus.size());
    assertTrue(corpus.size() >= 10, target + ": " + corpus.size());
  }

  /** The canary: what was found in the reader with a planted fault is found again. */
  @Test
  void thePlantedFaultIsFound() throws IOException {
    byte[] found = Files.readAllBytes(FuzzTarget.PLANTED.corpusFolder().resolve("found"));
    assertThrows(IllegalStateException.class, () -> FuzzTarget.PLANTED.use(found));
  }
}
