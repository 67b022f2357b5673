package ai.kolm.json;

/** Where a value stands in a document (RFC 6901); the document itself is at {@code ""}. */
public final class JsonPointer {
  private JsonPointer() {}

  /** The pointer of the member {@code name} of the object at {@code parent}. */
  public static String child(String parent, String name) {
    return parent + "/" + name.replace("~", "~0").replace("/", "~1");
  }
}
