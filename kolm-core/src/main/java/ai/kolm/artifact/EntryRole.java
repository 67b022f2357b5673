package ai.kolm.artifact;

/** What an entry is for. */
public enum EntryRole {
  /** A GGUF or safetensors file of the model. */
  WEIGHTS(Long.MAX_VALUE),
  /** The Hugging Face configuration of safetensors weights. */
  CONFIG(Long.MAX_VALUE),
  /** A tokenizer. */
  TOKENIZER(64L << 20),
  /** A chat template. */
  TEMPLATE(64L << 10),
  /** Weights or configuration of a LoRA adapter. */
  ADAPTER(Long.MAX_VALUE),
  /** A part of the draft model. */
  DRAFT(Long.MAX_VALUE),
  /** A part of the speech model. */
  AUDIO(Long.MAX_VALUE),
  /** Evaluation cases. */
  EVALS(256L << 20),
  /** How the weights were made. */
  PROVENANCE(1L << 20),
  /** With what the artifact was built. */
  BUILD(256L << 10),
  /** The text of a licence. */
  LICENSE(1L << 20),
  /** The digests of the chunks of large entries: {@code chunks.bin}. */
  CHUNKS(EntryChunks.CHUNK_BYTES),
  /** A text for people. */
  README(1L << 20),
  /** Anything else: verified and ignored. */
  OTHER(Long.MAX_VALUE);

  private final long maxBytes;

  EntryRole(long maxBytes) {
    this.maxBytes = maxBytes;
  }

  /** The largest size of an entry in this role, in bytes. */
  public long maxBytes() {
    return maxBytes;
  }
}
