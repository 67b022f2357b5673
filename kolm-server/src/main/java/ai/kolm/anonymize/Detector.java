package ai.kolm.anonymize;

/** Finds entities of some classes. Without state; used by many threads at the same time. */
@FunctionalInterface
interface Detector {
  /** Adds what it finds in {@code tokens}; takes time in proportion to their number. */
  void find(Tokens tokens, Findings findings);
}
