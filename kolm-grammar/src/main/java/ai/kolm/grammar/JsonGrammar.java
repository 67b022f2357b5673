package ai.kolm.grammar;

import java.util.Set;

/** A grammar of JSON. */
public interface JsonGrammar extends Grammar {
  /**
   * What the schema says that is taken as an annotation only although it could be meant to be
   * enforced: {@code format x} for a format that is not known.
   */
  Set<String> annotations();
}
