package ai.kolm.grammar.schema;

import ai.kolm.json.Json;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
  final List<Integer> options;
  final Map<String, Json> members;

  @Nullable Set<String> types;
  @Nullable Scalars scalars;
  @Nullable List<ObjectRule> objects;
  @Nullable List<ObjectRule> notObjects;
  @Nullable List<ArrayRule> arrays;
  @Nullable List<ArrayRule> notArrays;

  /** Per keyword that holds schemas of the same value, their goals. */
  final Map<String, List<Integer>> goals = new HashMap<>(4);

  /** Which keywords there may be: bits of their hashes. Most that are asked for are not there. */
  private final long present;

  /** Bits of what is being worked out: asking again now means a reference back to itself. */
  int busy;

  Node(
      int id,
      Location location,
      List<Resource> scope,
      List<Integer> options,
      Map<String, Json> members) {
    this.id = id;
    this.location = location;
    this.scope = scope;
    this.options = options;
    this.members = members;
    long bits = 0;
    for (String keyword : members.keySet()) {
      bits |= bit(keyword);
    }
    this.present = bits;
  }

  private static long bit(String keyword) {
    return 1L << ((keyword.hashCode() * 0x9E3779B9) >>> 26);
  }

  boolean has(String keyword) {
    return (present & bit(keyword)) != 0 && members.containsKey(keyword);
  }

  @Nullable Json get(String keyword) {
    return (present & bit(keyword)) != 0 ? members.get(keyword) : null;
  }

  String at(String keyword) {
    return location.at(keyword);
  }
}
