package ai.kolm.grammar.schema;

import ai.kolm.json.Json;

/**
 * One schema in the document.
 *
 * @param json the schema
 * @param pointer where it stands in the document
 * @param resource what it belongs to
 */
record Location(Json json, String pointer, Resource resource) {
  String at(String keyword) {
    return child(pointer, keyword);
  }

  static String child(String pointer, String token) {
    return pointer + "/" + token.replace("~", "~0").replace("/", "~1");
  }
}
