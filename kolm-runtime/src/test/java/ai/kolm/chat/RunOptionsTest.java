package ai.kolm.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** What encoders compute with follows what prompts may do, unless it is said. */
final class RunOptionsTest {
  @Test
  void vectorsAreExactUnlessPromptsAreFast() {
    RunOptions options = RunOptions.DEFAULT;
    assertEquals(32, options.encoderBits());
    assertEquals(8, options.withFastPrompts().encoderBits());
    assertEquals(32, options.withFastPrompts().withExactCache().encoderBits());
  }

  @Test
  void bitsThatAreAskedForAreTaken() {
    RunOptions options = RunOptions.DEFAULT.withFastPrompts().withEmbeddingBits(16);
    assertEquals(16, options.encoderBits());
    assertEquals(16, options.withThreads(3).withKernels("scalar").encoderBits());
    assertEquals(32, options.withEmbeddingBits(32).encoderBits());
  }

  @Test
  void otherBitsAreRefused() {
    RunOptions options = RunOptions.DEFAULT;
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> options.withEmbeddingBits(12));
    assertTrue(String.valueOf(refused.getMessage()).contains("12"), refused.getMessage());
  }
}
