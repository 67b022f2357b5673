package ai.kolm.grammar.schema;

import ai.kolm.grammar.regex.PatternParser;
import ai.kolm.grammar.regex.PatternParser.Flags;
import ai.kolm.grammar.regex.RegexAlgebra;
import java.util.Optional;

/**
 * The formats that are enforced, as regular expressions over the whole string (JSON Schema
 * Validation, section 7.3). {@code regex}, {@code idn-email} and {@code idn-hostname} are not
 * regular, or not in reasonable size; they are refused.
 *
 * <p>Two formats leave out what they would allow in theory: a {@code time} has its leap second in
 * UTC only; a {@code hostname} has no label with hyphens in third and fourth place (RFC 5891,
 * section 4.2.3.1), whose meaning would have to be decoded.
 */
final class Formats {
  private static final int MAX_DEPTH = 64;
  private static final Flags DOT_ALL = new Flags(false, true);

  private static final String YEAR_MONTH_DAY =
      "(?:\\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])"
          + "|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|02-(?:0[1-9]|1\\d|2[0-8]))"
          + "|(?:\\d\\d(?:0[48]|[2468][048]|[13579][26])"
          + "|(?:[02468][048]|[13579][26])00)-02-29)";
  private static final String CLOCK =
      "(?:(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d+)?"
          + "(?:[Zz]|[+-](?:[01]\\d|2[0-3]):[0-5]\\d)"
          + "|23:59:60(?:\\.\\d+)?(?:[Zz]|[+-]00:00))";

  private static final String DURATION_TIME =
      "T(?:\\d+H(?:\\d+M(?:\\d+S)?)?|\\d+M(?:\\d+S)?|\\d+S)";
  private static final String DURATION =
      "P(?:\\d+W|(?:\\d+Y(?:\\d+M(?:\\d+D)?)?|\\d+M(?:\\d+D)?|\\d+D)(?:"
          + DURATION_TIME
          + ")?|"
          + DURATION_TIME
          + ")";

  private static final String LABEL =
      "A(?:A|MA|MAM{0,59}A|M-A(?:M{0,58}A)?)?"
          .replace("A", "[\\u{30}-\\u{39}a-z\\u{41}-\\u{5A}]")
          .replace("M", "[0-9a-z\\u{41}-\\u{5A}-]");

  private static final String OCTET = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
  private static final String IPV4 = "(?:" + OCTET + "\\.){3}" + OCTET;
  private static final String H16 = "[0-9A-Fa-f]{1,4}";
  private static final String LS32 = "(?:" + H16 + ":" + H16 + "|" + IPV4 + ")";
  private static final String IPV6 =
      "(?:(?:H:){6}L|::(?:H:){5}L|(?:H)?::(?:H:){4}L|(?:(?:H:){0,1}H)?::(?:H:){3}L"
          + "|(?:(?:H:){0,2}H)?::(?:H:){2}L|(?:(?:H:){0,3}H)?::H:L|(?:(?:H:){0,4}H)?::L"
          + "|(?:(?:H:){0,5}H)?::H|(?:(?:H:){0,6}H)?::)";

  private static final String ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
  private static final String QUOTED = "\"(?:[ !#-\\[\\]-~]|\\\\[ -~])*\"";

  private static final String UCS =
      "\\u{A0}-\\u{D7FF}\\u{F900}-\\u{FDCF}\\u{FDF0}-\\u{FFEF}\\u{10000}-\\u{1FFFD}"
          + "\\u{20000}-\\u{2FFFD}\\u{30000}-\\u{3FFFD}\\u{40000}-\\u{4FFFD}"
          + "\\u{50000}-\\u{5FFFD}\\u{60000}-\\u{6FFFD}\\u{70000}-\\u{7FFFD}"
          + "\\u{80000}-\\u{8FFFD}\\u{90000}-\\u{9FFFD}\\u{A0000}-\\u{AFFFD}"
          + "\\u{B0000}-\\u{BFFFD}\\u{C0000}-\\u{CFFFD}\\u{D0000}-\\u{DFFFD}"
          + "\\u{E1000}-\\u{EFFFD}";

  private static final String UUID =
      "[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}";
  private static final String POINTER = "(?:/(?:[^~/]|~[01])*)*";
  private static final String VARIABLE =
      "(?:[A-Za-z0-9_]|%[0-9A-Fa-f]{2})(?:\\.?(?:[A-Za-z0-9_]|%[0-9A-Fa-f]{2}))*";

  private Formats() {}

  /** Whether {@code format} is a standard one that cannot be enforced. */
  static boolean isOutOfReach(String format) {
    return format.equals("regex") || format.equals("idn-email") || format.equals("idn-hostname");
  }

  /** The strings of {@code format}; empty if it is not known. */
  static Optional<Integer> language(RegexAlgebra algebra, String format) {
    return switch (format) {
      case "date" -> whole(algebra, YEAR_MONTH_DAY);
      case "time" -> whole(algebra, CLOCK);
      case "date-time" -> whole(algebra, YEAR_MONTH_DAY + "[Tt]" + CLOCK);
      case "duration" -> whole(algebra, DURATION);
      case "email" -> email(algebra);
      case "hostname" -> hostname(algebra);
      case "ipv4", "ip-address" -> whole(algebra, IPV4);
      case "ipv6" -> whole(algebra, ipv6());
      case "uuid" -> whole(algebra, UUID);
      case "uri" -> whole(algebra, uri(""));
      case "uri-reference" -> whole(algebra, uri("") + "|" + relative(""));
      case "iri" -> whole(algebra, uri(UCS));
      case "iri-reference" -> whole(algebra, uri(UCS) + "|" + relative(UCS));
      case "uri-template" -> whole(algebra, template());
      case "json-pointer" -> whole(algebra, POINTER);
      case "relative-json-pointer" -> whole(algebra, "(?:0|[1-9]\\d*)(?:#|" + POINTER + ")");
      default -> Optional.empty();
    };
  }

  private static Optional<Integer> whole(RegexAlgebra algebra, String pattern) {
    return Optional.of(PatternParser.whole(algebra, pattern, MAX_DEPTH, DOT_ALL));
  }

  private static String ipv6() {
    return IPV6.replace("H", H16).replace("L", LS32);
  }

  private static String host() {
    return LABEL + "(?:\\." + LABEL + ")*";
  }

  /** RFC 1123, section 2.1; at most 253 characters. */
  private static Optional<Integer> hostname(RegexAlgebra algebra) {
    int name = PatternParser.whole(algebra, host(), MAX_DEPTH, DOT_ALL);
    return Optional.of(algebra.intersect(name, algebra.repeat(RegexAlgebra.ANY, 1, 253)));
  }

  /** RFC 5321, section 4.1.2: Mailbox. */
  private static Optional<Integer> email(RegexAlgebra algebra) {
    String local = "(?:" + ATOM + "(?:\\." + ATOM + ")*|" + QUOTED + ")";
    String literal = "\\[(?:" + IPV4 + "|IPv6:" + ipv6() + ")\\]";
    return whole(algebra, local + "@(?:" + host() + "|" + literal + ")");
  }

  private static String characters(String more) {
    return "(?:[A-Za-z0-9._~!$&'()*+,;=:@" + more + "-]|%[0-9A-Fa-f]{2})";
  }

  /** RFC 3986, appendix A, and RFC 3987 where {@code ucs} is given. */
  private static String uri(String ucs) {
    return "[A-Za-z][A-Za-z0-9+.-]*:(?:" + hierarchy(ucs, true) + ")" + tail(ucs);
  }

  private static String relative(String ucs) {
    return "(?:" + hierarchy(ucs, false) + ")" + tail(ucs);
  }

  private static String hierarchy(String ucs, boolean colonFirst) {
    String plain = "(?:[A-Za-z0-9._~!$&'()*+,;=" + ucs + "-]|%[0-9A-Fa-f]{2})";
    String future = "[vV][0-9A-Fa-f]+\\.[A-Za-z0-9._~!$&'()*+,;=:-]+";
    String host = "(?:\\[(?:" + ipv6() + "|" + future + ")\\]|" + plain + "*)";
    String user = "(?:(?:" + plain + "|:)*@)?";
    String character = characters(ucs);
    String first = colonFirst ? character : "(?:" + plain + "|@)";
    String segments = "(?:/" + character + "*)*";
    return "//"
        + user
        + host
        + "(?::\\d*)?"
        + segments
        + "|/(?:"
        + character
        + "+"
        + segments
        + ")?"
        + "|"
        + first
        + "+"
        + segments
        + "|";
  }

  private static String tail(String ucs) {
    String character = characters(ucs);
    String query =
        ucs.isEmpty()
            ? "[/?]"
            : "[/?\\u{E000}-\\u{F8FF}\\u{F0000}-\\u{FFFFD}\\u{100000}-\\u{10FFFD}]";
    return "(?:\\?(?:" + character + "|" + query + ")*)?(?:#(?:" + character + "|[/?])*)?";
  }

  /** RFC 6570, section 2. */
  private static String template() {
    String literal =
        "[\\x21\\x23\\x24\\x26-\\x3B\\x3D\\x3F-\\x5B\\x5D\\x5F\\x61-\\x7A\\x7E"
            + UCS
            + "\\u{E000}-\\u{F8FF}]|%[0-9A-Fa-f]{2}";
    String variable = VARIABLE + "(?::[1-9]\\d{0,3}|\\*)?";
    return "(?:" + literal + "|\\{[+#./;?&=,!@|]?" + variable + "(?:," + variable + ")*\\})*";
  }
}
