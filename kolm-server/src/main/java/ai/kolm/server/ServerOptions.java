package ai.kolm.server;

/**
 * How requests are read and told of.
 *
 * @param strict whether a field that nothing here knows refuses a request, default no: then a
 *     header names it
 * @param embeddingTokens whether {@code /v1/embeddings} takes token ids, default no: clients that
 *     do not know the tokenizer send those of another
 * @param jsonLog whether the lines about requests are JSON objects, default no
 */
public record ServerOptions(boolean strict, boolean embeddingTokens, boolean jsonLog) {

  /** For clients of all kinds. */
  public static final ServerOptions DEFAULT = new ServerOptions(false, false, false);
}
