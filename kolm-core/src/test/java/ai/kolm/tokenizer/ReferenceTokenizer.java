package ai.kolm.tokenizer;

import ai.kolm.reference.ReferenceData;
import ai.kolm.weights.GgufFile;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Supplier;

/** The tokenizers of published models, as kolm reads them; each is made once. */
enum ReferenceTokenizer {
  SMOLLM2_GGUF("smollm2", ReferenceData::smollm2);

  private static final Map<ReferenceTokenizer, Tokenizer> MADE =
      new EnumMap<>(ReferenceTokenizer.class);

  private final String golden;
  private final Supplier<Path> file;

  ReferenceTokenizer(String golden, Supplier<Path> file) {
    this.golden = golden;
    this.file = file;
  }

  /** The name of its golden data. */
  String golden() {
    return golden;
  }

  /** The tokenizer; the test is skipped if the file cannot be had. */
  Tokenizer tokenizer() {
    Path path = file.get();
    synchronized (MADE) {
      return MADE.computeIfAbsent(this, _ -> read(path));
    }
  }

  private static Tokenizer read(Path path) {
    try {
      return readGguf(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (ModelFormatException e) {
      throw new AssertionError(e);
    }
  }

  /** The tokenizer of a GGUF file. */
  static Tokenizer readGguf(Path path) throws IOException, ModelFormatException {
    try (Arena arena = Arena.ofConfined()) {
      return Tokenizers.fromGguf(GgufFile.open(path, arena).metadata());
    }
  }
}
