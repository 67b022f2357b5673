package ai.kolm.grammar.schema;

import ai.kolm.json.Json;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One schema as seen along one dynamic scope, and what has been found out about it.
 *
 * <p>A node may also stand for "one of these goals" without a schema of its own.
 */
final class Node {
  final int id;
  final Location location;
  final List<Resource> scope;
  final int[] options;
  final Map<String, Json> members;

  @Nullable Scalars scalars;
  @Nullable List<ObjectRule> objects;
  @Nullable List<ObjectRule> notObjects;
  @Nullable List<ArrayRule> arrays;
  @Nullable List<ArrayRule> notArrays;

  /** Bits of what is being worked out: asking again now means a reference back to itself. */
  int busy;

  Node(int id, Location location, List<Resource> scope, int[] options, Map<String, Json> members) {
    this.id = id;
    this.location = location;
    this.scope = scope;
    this.options = options;
    this.members = members;
  }

  boolean has(String keyword) {
    return members.containsKey(keyword);
  }

  @Nullable Json get(String keyword) {
    return members.get(keyword);
  }

  String at(String keyword) {
    return location.at(keyword);
  }
}
