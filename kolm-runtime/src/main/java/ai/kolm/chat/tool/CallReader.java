package ai.kolm.chat.tool;

import java.util.List;

/**
 * Reads the calls of an answer, from behind the opening mark on. The grammar has seen to it that
 * they are well-formed, so this only looks for where things begin and end.
 */
sealed interface CallReader permits JsonCallReader, FormCallReader {

  /** Takes the next character; adds what it makes certain. */
  void take(char c, List<ReplyPart> parts);

  /** Adds the arguments that have been read and not been given yet. */
  void flush(List<ReplyPart> parts);

  /** How many calls have begun. */
  int calls();
}
