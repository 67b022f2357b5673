package ai.kolm.weights;

import java.lang.foreign.MemorySegment;

/**
 * Says when bytes of a file may be read: of one that is verified while it is loaded. Its reader
 * waits here before it touches any.
 */
@FunctionalInterface
public interface Arrival {
  /** Everything may be read. */
  Arrival COMPLETE = _ -> {};

  /**
   * Waits until these bytes of the file may be read.
   *
   * @throws ModelFormatException if they never may
   */
  void await(MemorySegment bytes) throws ModelFormatException;
}
