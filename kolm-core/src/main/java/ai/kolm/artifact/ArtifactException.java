package ai.kolm.artifact;

import java.util.Locale;

/**
 * An artifact that is refused. The message names the file, the code, the place, what was being
 * checked, what was expected and what was found. Text from the file may be in it; it is shortened
 * and control characters are replaced, so that it can be shown in a terminal.
 */
public final class ArtifactException extends Exception {
  private static final long serialVersionUID = 1L;

  private static final int MAX_TEXT = 300;

  /** Why an artifact was refused. {@link #id()} is stable across versions. */
  public enum Code {
    /** The parts of the container do not lie one behind the other from first to last byte. */
    CONTAINER_LAYOUT,
    /** More entries, a longer name or a larger entry than the format allows. */
    CONTAINER_LIMIT,
    /** An entry is compressed. */
    CONTAINER_METHOD,
    /** An entry has flags: encryption, a data descriptor, ... */
    CONTAINER_FLAGS,
    /** A field that has one allowed value has another. */
    CONTAINER_HEADER,
    /** A local header says something else than the directory. */
    CONTAINER_HEADER_MISMATCH,
    /** The data of an entry does not start on a page. */
    CONTAINER_ALIGNMENT,
    /** Bytes that fill up a page are not zero. */
    CONTAINER_PADDING,
    /** A name that is not allowed. */
    CONTAINER_NAME,
    /** Two entries of one name. */
    CONTAINER_DUPLICATE,
    /** Entries are not in the order of the format. */
    CONTAINER_ORDER,
    /** The CRC-32 of an entry is wrong. */
    CONTAINER_CRC,
    /** The manifest is not UTF-8, starts with a byte order mark, or holds a lone surrogate. */
    JSON_ENCODING,
    /** The manifest is not JSON. */
    JSON_SYNTAX,
    /** An object of the manifest names a member twice. */
    JSON_DUPLICATE_KEY,
    /** Bytes after the manifest. */
    JSON_TRAILING,
    /** A number of the manifest is out of range. */
    JSON_NUMBER,
    /** The manifest is nested too deeply. */
    JSON_DEPTH,
    /** The manifest is not in canonical form. */
    JSON_NOT_CANONICAL,
    /** Another version of the format. */
    SPEC_UNSUPPORTED,
    /** The artifact needs something this reader does not know. */
    FEATURE_UNSUPPORTED,
    /** A field of the manifest is missing, unknown or not as the schema says. */
    MANIFEST_SCHEMA,
    /** The manifest names an entry that it does not list, or one of another role. */
    MANIFEST_REFERENCE,
    /** The entries of the container are not those of the manifest. */
    ENTRY_SET_MISMATCH,
    /** The list of chunk digests does not fit the entries. */
    CHUNKS_MISMATCH,
    /** Bytes of an entry are not those of its digest. */
    DIGEST_MISMATCH,
    /** A weight entry is no weight file. */
    WEIGHTS_FORMAT,
    /** An adapter does not fit its base, or is none that can be applied. */
    ADAPTER_SHAPE,
    /** An artifact that this one needs is not here. */
    REFERENCE_MISSING,
    /** The draft model has another vocabulary than the model. */
    DRAFT_VOCAB,
    /** The artifact is not signed. */
    UNSIGNED,
    /** It is signed, but by no key that is trusted. */
    SIGNER_UNKNOWN,
    /** A signature is wrong, or its envelope is not as the format says. */
    SIGNATURE_INVALID,
    /** A key is none of Ed25519, of small order, or not the one its id says. */
    KEY_INVALID,
    /** The key that signed it is revoked. */
    KEY_REVOKED,
    /** It was signed by a trusted key outside the window of that key. */
    KEY_EXPIRED,
    /** The artifact is revoked. */
    CID_REVOKED,
    /** It is not the artifact that was asked for by its CID. */
    CID_MISMATCH,
    /** What is signed is a statement of another type. */
    PAYLOAD_TYPE,
    /** What is signed is about another manifest or artifact. */
    MANIFEST_MISMATCH,
    /** The file was changed, cut or replaced after it was opened. */
    FILE_CHANGED;

    /** The code as users and other programs see it: {@code container_layout}, ... */
    public String id() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final Code code;
  private final String file;
  private final String where;
  private final String what;
  private final String expected;
  private final String actual;

  /**
   * @param code the reason, stable
   * @param file the file, for people
   * @param where the place: an entry and byte range, a JSON pointer, or an offset in the file
   * @param what the fault, or what was being checked
   * @param expected what should be there; may be empty
   * @param actual what is there; may be empty
   */
  public ArtifactException(
      Code code, String file, String where, String what, String expected, String actual) {
    super(message(code, file, where, what, expected, actual));
    this.code = code;
    this.file = file;
    this.where = where;
    this.what = what;
    this.expected = expected;
    this.actual = actual;
  }

  private static String message(
      Code code, String file, String where, String what, String expected, String actual) {
    StringBuilder text = new StringBuilder(printable(file)).append(": ").append(code.id());
    text.append(": ").append(printable(where)).append(": ").append(printable(what));
    if (!expected.isEmpty()) {
      text.append(": expected ").append(printable(expected));
    }
    if (!actual.isEmpty()) {
      text.append(expected.isEmpty() ? ": got " : ", got ").append(printable(actual));
    }
    return text.toString();
  }

  private static String printable(String text) {
    String shown = text.length() > MAX_TEXT ? text.substring(0, MAX_TEXT) + "..." : text;
    return shown.replaceAll("\\p{Cntrl}", "?");
  }

  /** The reason, stable across versions. */
  public Code code() {
    return code;
  }

  /** The file. */
  public String file() {
    return file;
  }

  /** The place in the file. */
  public String where() {
    return where;
  }

  /** The fault, or what was being checked. */
  public String what() {
    return what;
  }

  /** What should be there; may be empty. */
  public String expected() {
    return expected;
  }

  /** What is there; may be empty. */
  public String actual() {
    return actual;
  }
}
