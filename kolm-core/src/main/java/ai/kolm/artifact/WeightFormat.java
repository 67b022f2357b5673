package ai.kolm.artifact;

/** The formats of weight entries. */
public enum WeightFormat {
  /** GGUF. */
  GGUF,
  /** safetensors, with a Hugging Face configuration. */
  SAFETENSORS
}
