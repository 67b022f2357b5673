package ai.kolm.artifact;

import org.jspecify.annotations.Nullable;

/**
 * The refusal to report when a file breaks several rules: that of the first rule in the order of
 * the format, and of those the first in the file. So one pass over the entries gives the same
 * answer as one pass per rule.
 */
final class FirstFault {
  /** The rules of the container that are looked at per entry, in their order. */
  enum Rule {
    LIMIT,
    CONSTANTS,
    LOCAL_EQUALS_DIRECTORY,
    ALIGNMENT,
    NAME,
    DUPLICATE,
    ORDER
  }

  private @Nullable Rule rule;
  private @Nullable ArtifactException fault;

  void offer(Rule broken, ArtifactException with) {
    if (rule == null || broken.compareTo(rule) < 0) {
      rule = broken;
      fault = with;
    }
  }

  void throwIfAny() throws ArtifactException {
    if (fault != null) {
      throw fault;
    }
  }
}
