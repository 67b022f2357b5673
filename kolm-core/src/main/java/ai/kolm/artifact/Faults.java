package ai.kolm.artifact;

import ai.kolm.artifact.ArtifactException.Code;

/**
 * Makes the refusals of one file.
 *
 * @param file what the file is called in messages
 */
record Faults(String file) {

  /** A fault without anything to compare. */
  ArtifactException of(Code code, String where, String what) {
    return new ArtifactException(code, file, where, what, "", "");
  }

  ArtifactException of(Code code, String where, String what, Object expected, Object actual) {
    return new ArtifactException(
        code, file, where, what, String.valueOf(expected), String.valueOf(actual));
  }

  /** A fault at a byte of the file. */
  ArtifactException at(Code code, long offset, String what, Object expected, Object actual) {
    return of(code, "byte " + offset, what, expected, actual);
  }
}
