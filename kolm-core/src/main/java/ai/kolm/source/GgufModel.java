package ai.kolm.source;

import ai.kolm.artifact.Manifest;
import ai.kolm.tokenizer.Tokenizer;
import ai.kolm.tokenizer.Tokenizers;
import ai.kolm.tokenizer.Vocabulary;
import ai.kolm.weights.GgufFile;
import ai.kolm.weights.Metadata;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** A model in GGUF: configuration, tokenizer and template are metadata of the weights. */
final class GgufModel {
  private GgufModel() {}

  static ModelFiles.Parts open(Path path, Arena arena) throws IOException, ModelFormatException {
    GgufFile file = GgufFile.open(path, arena);
    Manifest.Defaults recommended = RecommendedSampling.of(file.metadata());
    List<ContentFile> content = content(file, path);
    // Last: where something throws, the file is closed, and nobody shall still be reading it.
    PendingText text = PendingText.begin(() -> text(file));
    return new ModelFiles.Parts(file, Optional.empty(), text, recommended, List.of(), content);
  }

  static ModelText text(GgufFile file) throws ModelFormatException {
    Metadata metadata = file.metadata();
    Tokenizer tokenizer = Tokenizers.fromGguf(metadata);
    return new ModelText(
        tokenizer,
        metadata.findString("tokenizer.chat_template"),
        token(metadata, "tokenizer.ggml.bos_token_id", tokenizer.vocabulary()),
        token(metadata, "tokenizer.ggml.eos_token_id", tokenizer.vocabulary()),
        Set.of());
  }

  /** The text of a token that the metadata names by its id; an id out of range names none. */
  private static Optional<String> token(Metadata metadata, String key, Vocabulary vocabulary)
      throws ModelFormatException {
    OptionalLong id = metadata.findInteger(key);
    return id.isPresent() && id.getAsLong() >= 0 && id.getAsLong() < vocabulary.size()
        ? Optional.of(vocabulary.name((int) id.getAsLong()))
        : Optional.empty();
  }

  private static List<ContentFile> content(GgufFile file, Path path) {
    if (file.parts().size() == 1) {
      return List.of(new ContentFile(ContentFile.GGUF, path));
    }
    List<ContentFile> parts = new ArrayList<>();
    for (String part : file.parts()) {
      String number = "%05d-of-%05d".formatted(parts.size() + 1, file.parts().size());
      parts.add(
          new ContentFile("model/weights-%s.gguf".formatted(number), path.resolveSibling(part)));
    }
    return parts;
  }
}
