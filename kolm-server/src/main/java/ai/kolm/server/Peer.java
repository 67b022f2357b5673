package ai.kolm.server;

/** What is known of the other end of a connection while its request is answered. */
enum Peer {
  /** Connected. */
  HERE,
  /**
   * It will send no more. Either it has only closed its sending side and still reads, or it has
   * gone: only writing to it can tell.
   */
  SILENT,
  /** Gone: nobody reads the answer. */
  GONE
}
