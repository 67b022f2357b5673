package ai.kolm.chat;

import static java.nio.charset.StandardCharsets.US_ASCII;
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
import java.util.Arrays;
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
    int value = indexOf(bytes, KEY.getBytes(US_ASCII)) + KEY.length() + 12;
    bytes[value] = 'X';
    model = Files.write(directory.resolve("faulty.gguf"), bytes);
  }

  private static int indexOf(byte[] bytes, byte[] part) {
    for (int i = 0; i + part.length <= bytes.length; i++) {
      if (Arrays.equals(bytes, i, i + part.length, part, 0, part.length)) {
        return i;
      }
    }
    throw new AssertionError("the model has no " + KEY);
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
