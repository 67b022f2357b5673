package ai.kolm.artifact;

/** What an artifact can be asked for. */
public enum Capability {
  /** Conversations and completions. */
  CHAT,
  /** Its chat template renders tools. */
  TOOLS,
  /** Vectors of texts. */
  EMBEDDINGS,
  /** Texts of recordings. */
  TRANSCRIPTIONS
}
