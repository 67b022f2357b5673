package ai.kolm.tokenizer;

/**
 * A token that is found in the text as it stands, before any rule or model sees it.
 *
 * @param id of the token
 * @param content the text that is looked for
 * @param special whether text is it only where special tokens are parsed
 * @param singleWord whether it must not touch a letter, mark, digit or underscore
 * @param leftStrip whether it takes the white space before it along
 * @param rightStrip whether it takes the white space after it along
 * @param normalized whether it is looked for in normalized text
 */
record AddedToken(
    int id,
    String content,
    boolean special,
    boolean singleWord,
    boolean leftStrip,
    boolean rightStrip,
    boolean normalized) {

  /** One that is found wherever its text stands in the input. */
  static AddedToken plain(int id, String content, boolean special) {
    return new AddedToken(id, content, special, false, false, false, false);
  }

  AddedToken withStrip(boolean left, boolean right) {
    return new AddedToken(id, content, special, singleWord, left, right, normalized);
  }

  AddedToken withContent(String other) {
    return new AddedToken(id, other, special, singleWord, leftStrip, rightStrip, normalized);
  }

  AddedToken asSpecial() {
    return new AddedToken(id, content, true, singleWord, leftStrip, rightStrip, normalized);
  }
}
