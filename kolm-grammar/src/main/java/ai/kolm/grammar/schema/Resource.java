package ai.kolm.grammar.schema;

import ai.kolm.json.Json;
import java.util.HashMap;
import java.util.Map;

/** A schema resource: what one {@code $id} names. Filled by {@link SchemaIndex}, then unchanged. */
final class Resource {
  /** Absolute or not, without fragment. */
  final String uri;

  /** The schema at its root. */
  final Json root;

  /** Where the root stands in the document. */
  final String pointer;

  /** Named places, dynamic ones too. */
  final Map<String, Location> anchors = new HashMap<>();

  /** Places a {@code $dynamicRef} may be diverted to; "" is that of {@code $recursiveAnchor}. */
  final Map<String, Location> dynamicAnchors = new HashMap<>();

  Resource(String uri, Json root, String pointer) {
    this.uri = uri;
    this.root = root;
    this.pointer = pointer;
  }
}
