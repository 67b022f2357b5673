import org.jspecify.annotations.NullMarked;

/** Which tokens may come next. Knows tokens and bytes, no model. */
@NullMarked
module ai.kolm.grammar {
  requires static transitive org.jspecify;
  requires transitive ai.kolm.core;

  exports ai.kolm.grammar;
  exports ai.kolm.grammar.compiler;
}
