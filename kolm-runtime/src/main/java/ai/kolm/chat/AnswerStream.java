package ai.kolm.chat;

import ai.kolm.engine.EngineException;
import org.jspecify.annotations.Nullable;

/**
 * The answers to a request, pulled by their reader as they come: of a chat, or the continuations of
 * texts. A reader that does not read pauses its own answers only. For one thread at a time, but any
 * thread may close.
 */
public sealed interface AnswerStream extends AutoCloseable permits ChatStream, TextStream {

  /**
   * Waits for the next chunk; {@code null} after the last one. A thread that is interrupted closes
   * the stream and stays interrupted.
   *
   * @throws EngineException if the request failed; what came before is delivered first
   */
  @Nullable ChatChunk next();

  /**
   * Reads what is left, and puts it together. A stream that was closed gives what there was.
   *
   * @throws EngineException if the request failed
   */
  ChatResponse toResponse();

  /**
   * Stops generating at the latest after the step that is running. The chunks that follow say
   * {@link FinishReason#CANCELLED}.
   */
  @Override
  void close();
}
