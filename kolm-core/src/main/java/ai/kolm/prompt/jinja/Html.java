package ai.kolm.prompt.jinja;

/** The {@code escape} filter, for the few templates that mark text safe. */
final class Html {
  private Html() {}

  static Text escape(Text text, Budget budget) {
    TextBuilder out = new TextBuilder(budget);
    text.forEachRun((piece, template) -> out.append(escape(piece), template));
    return out.build();
  }

  private static String escape(String piece) {
    return piece
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("'", "&#39;")
        .replace("\"", "&#34;");
  }
}
