package ai.kolm.grammar.schema;

import ai.kolm.json.Json;
import ai.kolm.json.JsonPointer;

/**
 * One schema in the document.
 *
 * @param json the schema
 * @param pointer where it stands in the document
 * @param resource what it belongs to
 */
record Location(Json json, String pointer, Resource resource) {
  String at(String keyword) {
    return JsonPointer.child(pointer, keyword);
  }
}
