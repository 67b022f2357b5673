package ai.kolm.grammar.schema;

import ai.kolm.json.Json;
import org.jspecify.annotations.Nullable;

/** A draft of JSON Schema; later ones have later ordinals. */
enum Draft {
  DRAFT_04,
  DRAFT_06,
  DRAFT_07,
  V2019_09,
  V2020_12,
  /** Not declared: 2020-12 and the unambiguous forms of the drafts before it. */
  UNDECLARED;

  /** The draft that {@code $schema} names. */
  static Draft of(@Nullable Json declared) {
    if (declared == null) {
      return UNDECLARED;
    }
    if (!(declared instanceof Json.Str uri)) {
      throw SchemaErrors.invalid("$schema", "/$schema", "\"$schema\" must be a string");
    }
    String name = uri.value().replaceFirst("#$", "").replaceFirst("^https?://", "");
    return switch (name) {
      case "json-schema.org/draft-04/schema" -> DRAFT_04;
      case "json-schema.org/draft-06/schema" -> DRAFT_06;
      case "json-schema.org/draft-07/schema" -> DRAFT_07;
      case "json-schema.org/draft/2019-09/schema" -> V2019_09;
      case "json-schema.org/draft/2020-12/schema" -> V2020_12;
      case "json-schema.org/schema", "" -> UNDECLARED;
      default ->
          throw SchemaErrors.unsupported(
              "$schema", "/$schema", "the dialect \"" + uri.value() + "\" is not known");
    };
  }

  boolean has(Draft since) {
    return compareTo(since) >= 0;
  }

  /** Whether keywords beside a {@code $ref} are ignored. */
  boolean refHidesSiblings() {
    return this == DRAFT_04 || this == DRAFT_06 || this == DRAFT_07;
  }

  /** Whether {@code items} may be an array and {@code additionalItems} says what follows. */
  boolean hasArrayItems() {
    return this != V2020_12;
  }
}
