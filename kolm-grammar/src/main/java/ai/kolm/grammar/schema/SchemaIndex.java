package ai.kolm.grammar.schema;

import ai.kolm.json.Json;
import ai.kolm.json.JsonPointer;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where the schemas of a document are: base URIs, anchors, and what a {@code $ref} leads to (JSON
 * Schema Core, sections 8 and 9). Nothing outside of the document is ever fetched.
 */
final class SchemaIndex {
  private static final Set<String> ONE =
      Set.of(
          "additionalProperties",
          "additionalItems",
          "propertyNames",
          "contains",
          "not",
          "if",
          "then",
          "else",
          "unevaluatedProperties",
          "unevaluatedItems",
          "contentSchema");
  private static final Set<String> LISTS = Set.of("allOf", "anyOf", "oneOf", "prefixItems");
  private static final Set<String> MAPS =
      Set.of(
          "properties",
          "patternProperties",
          "dependentSchemas",
          "dependencies",
          "$defs",
          "definitions");

  private final Draft draft;
  private final Map<String, Resource> resources = new HashMap<>();
  private final IdentityHashMap<Json, Location> places = new IdentityHashMap<>();
  private final Location root;
  private boolean dynamic;
  private boolean unevaluated;

  SchemaIndex(Json document) {
    Json declared = document instanceof Json.Obj object ? object.members().get("$schema") : null;
    draft = Draft.of(declared);
    Resource resource = new Resource(rootUri(document), document, "");
    resources.put(resource.uri, resource);
    resources.put("", resource);
    scan(document, "", resource, true);
    root = place(document, "", resource);
  }

  Draft draft() {
    return draft;
  }

  Location root() {
    return root;
  }

  /** Whether {@code $dynamicRef} or {@code $recursiveRef} occurs. */
  boolean isDynamic() {
    return dynamic;
  }

  /** Whether {@code unevaluatedProperties} or {@code unevaluatedItems} occurs. */
  boolean usesUnevaluated() {
    return unevaluated;
  }

  /** The place of a schema that has been found where schemas are. */
  @Nullable Location known(Json schema) {
    return places.get(schema);
  }

  /** The place of a schema of the document. */
  private Location place(Json schema, String pointer, Resource resource) {
    Location known = places.get(schema);
    return known != null ? known : new Location(schema, pointer, resource);
  }

  private String idKeyword() {
    return draft == Draft.DRAFT_04 ? "id" : "$id";
  }

  private @Nullable String idOf(Json schema) {
    if (!(schema instanceof Json.Obj object)) {
      return null;
    }
    if (draft.refHidesSiblings() && object.members().containsKey("$ref")) {
      return null;
    }
    Json id = object.members().get(idKeyword());
    if (id == null && draft == Draft.UNDECLARED) {
      id = object.members().get("id");
    }
    return id instanceof Json.Str text ? text.value() : null;
  }

  private String rootUri(Json document) {
    String id = idOf(document);
    return id == null ? "" : withoutFragment(id);
  }

  private void scan(Json schema, String pointer, Resource outer, boolean isRoot) {
    if (!(schema instanceof Json.Obj object)) {
      return;
    }
    Resource resource = isRoot ? outer : resourceOf(schema, pointer, outer);
    Location location = new Location(schema, pointer, resource);
    places.put(schema, location);
    addAnchors(object, location);
    Map<String, Json> members = object.members();
    Json declared = members.get("$schema");
    if (declared != null && !isRoot && Draft.of(declared) != draft) {
      throw SchemaErrors.unsupported(
          "$schema", location.at("$schema"), "a schema in another dialect than the document");
    }
    dynamic |= members.containsKey("$dynamicRef") || members.containsKey("$recursiveRef");
    unevaluated |=
        draft.has(Draft.V2019_09)
            && (members.containsKey("unevaluatedProperties")
                || members.containsKey("unevaluatedItems"));
    members.forEach((keyword, value) -> scanMember(keyword, value, location));
  }

  private void scanMember(String keyword, Json value, Location location) {
    if (ONE.contains(keyword) || (keyword.equals("items") && value instanceof Json.Obj)) {
      scan(value, location.at(keyword), location.resource(), false);
    } else if (value instanceof Json.Arr list
        && (LISTS.contains(keyword) || keyword.equals("items"))) {
      for (int i = 0; i < list.items().size(); i++) {
        scan(list.items().get(i), location.at(keyword) + "/" + i, location.resource(), false);
      }
    } else if (value instanceof Json.Obj map && MAPS.contains(keyword)) {
      String at = location.at(keyword);
      map.members()
          .forEach((k, v) -> scan(v, JsonPointer.child(at, k), location.resource(), false));
    }
  }

  private Resource resourceOf(Json schema, String pointer, Resource outer) {
    String id = idOf(schema);
    if (id == null || (draft.refHidesSiblings() && id.startsWith("#"))) {
      return outer;
    }
    String uri = withoutFragment(resolve(outer.uri, id));
    if (resources.containsKey(uri) && !uri.equals(outer.uri)) {
      throw SchemaErrors.invalid("$id", pointer, "two schemas have the identifier \"" + uri + "\"");
    }
    Resource resource = new Resource(uri, schema, pointer);
    resources.put(uri, resource);
    return resource;
  }

  @SuppressWarnings("ReferenceEquality") // the very object
  private void addAnchors(Json.Obj object, Location location) {
    Resource resource = location.resource();
    String id = idOf(object);
    if (id != null && draft.refHidesSiblings() && id.indexOf('#') >= 0) {
      resource.anchors.put(id.substring(id.indexOf('#') + 1), location);
    }
    if (!draft.has(Draft.V2019_09)) {
      return;
    }
    if (object.members().get("$anchor") instanceof Json.Str anchor) {
      resource.anchors.put(anchor.value(), location);
    }
    if (object.members().get("$dynamicAnchor") instanceof Json.Str anchor) {
      resource.anchors.put(anchor.value(), location);
      resource.dynamicAnchors.put(anchor.value(), location);
    }
    if (object.members().get("$recursiveAnchor") instanceof Json.Bool flag
        && flag.value()
        && resource.root == object) {
      resource.dynamicAnchors.put("", location);
    }
  }

  /** What {@code reference}, standing at {@code from}, leads to. */
  Location find(String reference, Location from, String keyword) {
    String target = resolve(from.resource().uri, reference);
    String uri = withoutFragment(target);
    Resource resource = resources.get(uri);
    if (resource == null) {
      throw SchemaErrors.unsupported(
          keyword,
          from.at(keyword),
          "\"" + reference + "\" is not in the document; nothing is fetched");
    }
    int hash = target.indexOf('#');
    String fragment = hash < 0 ? "" : decode(target.substring(hash + 1), from, keyword);
    if (fragment.isEmpty()) {
      return place(resource.root, resource.pointer, resource);
    }
    Location found =
        fragment.startsWith("/") ? follow(resource, fragment) : resource.anchors.get(fragment);
    if (found == null) {
      throw SchemaErrors.invalid(keyword, from.at(keyword), "\"" + reference + "\" leads nowhere");
    }
    return found;
  }

  private @Nullable Location follow(Resource resource, String fragment) {
    Json json = resource.root;
    Resource current = resource;
    StringBuilder pointer = new StringBuilder(resource.pointer);
    for (String token : fragment.substring(1).split("/", -1)) {
      Json next = member(json, token.replace("~1", "/").replace("~0", "~"));
      if (next == null) {
        return null;
      }
      pointer.append('/').append(token);
      json = next;
      Location known = places.get(json);
      current = known != null ? known.resource() : current;
    }
    return place(json, pointer.toString(), current);
  }

  private static @Nullable Json member(Json json, String token) {
    return switch (json) {
      case Json.Obj object -> object.members().get(token);
      case Json.Arr list when token.matches("0|[1-9][0-9]{0,8}") -> {
        int index = Integer.parseInt(token);
        yield index < list.items().size() ? list.items().get(index) : null;
      }
      default -> null;
    };
  }

  private static String decode(String fragment, Location from, String keyword) {
    try {
      return URLDecoder.decode(fragment.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw SchemaErrors.invalid(keyword, from.at(keyword), "malformed fragment");
    }
  }

  private static String withoutFragment(String uri) {
    int hash = uri.indexOf('#');
    return hash < 0 ? uri : uri.substring(0, hash);
  }

  /** RFC 3986, section 5.2, as far as identifiers of schemas need it. */
  private static String resolve(String base, String reference) {
    if (reference.startsWith("#")) {
      return base + reference;
    }
    if (reference.isEmpty()) {
      return base;
    }
    try {
      URI uri = URI.create(reference);
      return uri.isAbsolute() || base.isEmpty() || base.startsWith("urn:")
          ? reference
          : URI.create(base).resolve(uri).toString();
    } catch (IllegalArgumentException e) {
      return reference;
    }
  }
}
