package ai.kolm.grammar.schema;

import ai.kolm.grammar.GrammarException;
import ai.kolm.grammar.GrammarException.Code;

/** Refusals of a schema, by keyword and JSON pointer. */
final class SchemaErrors {
  private SchemaErrors() {}

  static GrammarException invalid(String keyword, String pointer, String message) {
    return new GrammarException(Code.INVALID, keyword, pointer, "invalid schema: " + message);
  }

  static GrammarException unsupported(String keyword, String pointer, String message) {
    return new GrammarException(
        Code.UNSUPPORTED, keyword, pointer, "schema not supported: " + message);
  }

  static GrammarException tooComplex(String budget, String pointer, String message) {
    return new GrammarException(
        Code.TOO_COMPLEX, budget, pointer, "schema too complex: " + message);
  }
}
