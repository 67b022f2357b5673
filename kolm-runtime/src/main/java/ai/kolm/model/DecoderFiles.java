package ai.kolm.model;

import ai.kolm.json.JsonObject;
import ai.kolm.source.ModelFiles;
import ai.kolm.weights.GgufFile;
import ai.kolm.weights.ModelFormatException;
import ai.kolm.weights.SafetensorsFile;
import ai.kolm.weights.Weights;

/**
 * A decoder as its files describe it, whichever form they have.
 *
 * @param file for messages
 * @param weights under the names that GGUF uses
 * @param architecture the family
 * @param config everything that is not a weight
 * @param normOffset added to norm weights that are stored as the factor less 1; else 0
 */
record DecoderFiles(
    String file, Weights weights, Architecture architecture, ModelConfig config, float normOffset) {

  static DecoderFiles of(ModelFiles files) throws ModelFormatException {
    return switch (files.weights()) {
      case GgufFile gguf -> of(gguf);
      case SafetensorsFile safetensors -> of(safetensors, files.id(), files.config().orElseThrow());
    };
  }

  static DecoderFiles of(GgufFile file) throws ModelFormatException {
    return new DecoderFiles(
        file.metadata().file(),
        file.weights(),
        Architecture.of(file.metadata()),
        ModelLoader.config(file),
        0);
  }

  /**
   * A Hugging Face directory's files.
   *
   * @param json {@code config.json}
   */
  static DecoderFiles of(SafetensorsFile file, String name, JsonObject json)
      throws ModelFormatException {
    Architecture architecture = Architecture.of(name, json);
    return new DecoderFiles(
        name,
        new WeightNames(file.weights(), architecture),
        architecture,
        ModelLoader.config(name, json),
        architecture.normOffset());
  }
}
