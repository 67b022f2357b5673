package ai.kolm.grammar;

/**
 * How JSON may be written.
 *
 * @param whitespace between tokens; default {@link Whitespace#FLEXIBLE}
 * @param keyOrder of declared properties; default {@link KeyOrder#ANY}
 * @param formats what the keyword "format" does; default {@link Formats#ASSERT}
 * @param integers how they are written; default {@link Integers#AS_NUMBERS}
 */
public record JsonStyle(
    Whitespace whitespace, KeyOrder keyOrder, Formats formats, Integers integers) {

  /** Whitespace between the tokens of JSON; there is never any behind the value. */
  public enum Whitespace {
    /** None. */
    COMPACT,
    /**
     * At each place nothing, one space, or one line break with up to 32 blanks; so a weak model
     * cannot loop in whitespace.
     */
    FLEXIBLE
  }

  /** The order of the keys of an object. */
  public enum KeyOrder {
    /** Any. */
    ANY,
    /** Declared properties in the order of the schema, then the others. */
    DECLARED
  }

  /** What {@code format} does. */
  public enum Formats {
    /** A format that is known is enforced, an unknown one is an annotation. */
    ASSERT,
    /** Every format is an annotation, as 2019-09 and 2020-12 have it by default. */
    ANNOTATE
  }

  /** Numbers where the schema allows integers only. */
  public enum Integers {
    /** {@code 1.0} is an integer, as JSON Schema has it. */
    AS_NUMBERS,
    /** Without a point: what every reader takes for an integer. */
    WHOLE
  }

  /** Flexible whitespace, any order, formats enforced, every spelling of a number. */
  public static final JsonStyle DEFAULT =
      new JsonStyle(Whitespace.FLEXIBLE, KeyOrder.ANY, Formats.ASSERT, Integers.AS_NUMBERS);

  /** This style with other whitespace. */
  public JsonStyle with(Whitespace other) {
    return new JsonStyle(other, keyOrder, formats, integers);
  }

  /** This style with another order. */
  public JsonStyle with(KeyOrder other) {
    return new JsonStyle(whitespace, other, formats, integers);
  }

  /** This style with another use of formats. */
  public JsonStyle with(Formats other) {
    return new JsonStyle(whitespace, keyOrder, other, integers);
  }

  /** This style with other integers. */
  public JsonStyle with(Integers other) {
    return new JsonStyle(whitespace, keyOrder, formats, other);
  }
}
