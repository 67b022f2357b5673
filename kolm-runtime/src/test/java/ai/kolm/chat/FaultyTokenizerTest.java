package ai.kolm.chat;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.model.TinyModels;
import ai.kolm.source.ModelFiles;
import ai.kolm.trust.ArtifactGate;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tokenizers are read beside the weights: what is wrong with one shows all the same. */
class FaultyTokenizerTest {
  private static final String KEY = "tokenizer.ggml.model";

  @TempDir private Path directory;

  private Path model = Path.of("");

  /** A model whose weights are as they should be. */
  @BeforeEach
  void writeModel() throws IOException {
    byte[] bytes = Files.readAllBytes(TinyModels.copy("chat/chat.gguf", directory));
    // After the key: its type, 4 bytes; the length of the value, 8 bytes; the value.
    int key = new String(bytes, ISO_8859_1).indexOf(KEY);
    assertTrue(key >= 0);
    bytes[key + KEY.length() + 12] = 'X';
    model = Files.write(directory.resolve("faulty.gguf"), bytes);
  }

  @Test
  void opensOnlyUntilItIsVerified() throws IOException, ModelFormatException {
    try (ModelFiles files = ModelFiles.openWhileVerifying(model, ArtifactGate.OPEN, List.of())) {
      ModelFormatException fault = assertThrows(ModelFormatException.class, files::awaitVerified);
      assertTrue(String.valueOf(fault.getMessage()).contains(KEY), fault.getMessage());
      assertEquals(fault, assertThrows(IllegalStateException.class, files::text).getCause());
    }
  }

  @Test
  void isRefusedByWhoeverNeedsAllOfIt() {
    assertThrows(ModelFormatException.class, () -> ModelFiles.open(model));
    assertThrows(ModelFormatException.class, () -> ChatCompletions.open(model));
  }
}
