package ai.kolm.source;

import java.nio.file.Path;

/**
 * A file that a model is made of, and the entry it becomes in an artifact.
 *
 * @param entry the name of the entry, such as {@code model/weights.gguf}
 * @param path where the file lies
 */
public record ContentFile(String entry, Path path) {}
