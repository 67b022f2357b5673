package ai.kolm.source;

import java.nio.file.Path;

/**
 * A file that a model is made of, and the entry it becomes in an artifact.
 *
 * @param entry the name of the entry, such as {@code model/weights.gguf}
 * @param path where the file lies
 */
public record ContentFile(String entry, Path path) {
  /** The weights of a model in one GGUF file. */
  public static final String GGUF = "model/weights.gguf";

  /** The configuration of a Hugging Face model. */
  public static final String CONFIG = "model/config.json";

  /** The tokenizer of a Hugging Face model. */
  public static final String TOKENIZER = "tokenizer/tokenizer.json";

  /** What else is known about that tokenizer. */
  public static final String TOKENIZER_CONFIG = "tokenizer/tokenizer_config.json";

  /** The chat template, where it is not part of the weights. */
  public static final String TEMPLATE = "chat_template.jinja";
}
