package ai.kolm.anonymize;

import java.util.Locale;

/** Street addresses, post-office boxes, ZIP codes behind a state, towns in front of one. */
final class AddressDetector implements Detector {
  private static final int MAX_STREET_WORDS = 5;
  private static final int ZIP_LENGTH = 5;
  private static final WordSet SUFFIXES =
      WordSet.of(
          "st",
          "street",
          "ave",
          "avenue",
          "av",
          "rd",
          "road",
          "blvd",
          "boulevard",
          "ln",
          "lane",
          "dr",
          "drive",
          "ct",
          "court",
          "way",
          "pl",
          "place",
          "ter",
          "terrace",
          "cir",
          "circle",
          "hwy",
          "highway",
          "pkwy",
          "parkway",
          "sq",
          "square",
          "trl",
          "trail",
          "loop",
          "row",
          "close",
          "crescent",
          "plaza",
          "alley",
          "path",
          "walk",
          "crossing",
          "xing",
          "turnpike",
          "pike",
          "run",
          "ridge",
          "bend",
          "grove",
          "heights",
          "point",
          "mews",
          "gardens");
  private static final WordSet UNITS =
      WordSet.of(
          "apt", "apartment", "suite", "ste", "unit", "floor", "fl", "building", "bldg", "#", "no");
  private static final WordSet QUARTERS = WordSet.of("n", "s", "e", "w", "ne", "nw", "se", "sw");
  private static final WordSet STATES =
      WordSet.of(
          "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "FL", "GA", "HI", "ID", "IL", "IN", "IA",
          "KS", "KY", "LA", "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ",
          "NM", "NY", "NC", "ND", "OH", "OK", "OR", "PA", "RI", "SC", "SD", "TN", "TX", "UT", "VT",
          "VA", "WA", "WV", "WI", "WY", "DC", "PR");
  private static final WordSet STATE_NAMES =
      WordSet.of(
          "alabama",
          "alaska",
          "arizona",
          "arkansas",
          "california",
          "colorado",
          "connecticut",
          "delaware",
          "florida",
          "georgia",
          "hawaii",
          "idaho",
          "illinois",
          "indiana",
          "iowa",
          "kansas",
          "kentucky",
          "louisiana",
          "maine",
          "maryland",
          "massachusetts",
          "michigan",
          "minnesota",
          "mississippi",
          "missouri",
          "montana",
          "nebraska",
          "nevada",
          "ohio",
          "oklahoma",
          "oregon",
          "pennsylvania",
          "tennessee",
          "texas",
          "utah",
          "vermont",
          "virginia",
          "washington",
          "wisconsin",
          "wyoming");

  /** Whether a word of an address only says what it is: Street, Apt. */
  static boolean isDesignation(String word) {
    String lower = word.toLowerCase(Locale.ROOT);
    return SUFFIXES.contains(lower) || UNITS.contains(lower) || lower.equals("box");
  }

  @Override
  public void find(Tokens tokens, Findings findings) {
    for (int i = 0; i < tokens.size(); i++) {
      if (tokens.hasDigits(i) && !tokens.touchesPrevious(i)) {
        street(tokens, i, findings);
      }
      if (tokens.lower(i).equals("box") && tokens.hasDigits(i + 1)) {
        box(tokens, i, findings);
      }
      if (isState(tokens, i)) {
        town(tokens, i, findings);
      }
    }
  }

  private static boolean isState(Tokens tokens, int i) {
    if (!tokens.is(i, Tokens.Kind.WORD)) {
      return false;
    }
    boolean code = tokens.length(i) == 2 && STATES.contains(tokens.text(i));
    return code || (tokens.isCapitalized(i) && STATE_NAMES.contains(tokens.lower(i)));
  }

  private static void street(Tokens tokens, int first, Findings findings) {
    if (tokens.length(first) > 6 || !Character.isDigit(tokens.text(first).charAt(0))) {
      return;
    }
    int words = 0;
    for (int j = first + 1; j < tokens.size() && words < MAX_STREET_WORDS; j++) {
      if (tokens.startsLine(j)) {
        return;
      }
      if (tokens.isMark(j, '.') || tokens.isMark(j, '\'')) {
        continue;
      }
      boolean word = tokens.isCapitalized(j) || tokens.hasDigits(j);
      if (!word) {
        return;
      }
      words++;
      boolean suffix = SUFFIXES.contains(tokens.lower(j)) && words > 1;
      boolean more =
          suffix && SUFFIXES.contains(tokens.lower(j + 1)) && tokens.isCapitalized(j + 1);
      if (suffix && !more) {
        findings.add(first, unit(tokens, j), EntityClass.ADDRESS);
        return;
      }
    }
  }

  /** The last token of an address whose street ends with {@code suffix}. */
  static int unit(Tokens tokens, int suffix) {
    int last = suffix;
    boolean dot = tokens.isMark(last + 1, '.') && tokens.touchesPrevious(last + 1);
    if (dot && (tokens.isMark(last + 2, ',') || UNITS.contains(tokens.lower(last + 2)))) {
      last++;
    }
    if (tokens.is(last + 1, Tokens.Kind.WORD)
        && tokens.isUpper(last + 1)
        && tokens.length(last + 1) <= 2
        && QUARTERS.contains(tokens.lower(last + 1))) {
      last++;
    }
    int unit = tokens.isMark(last + 1, ',') ? last + 2 : last + 1;
    if (!UNITS.contains(tokens.lower(unit))) {
      return last == suffix || tokens.isUpper(last) ? last : suffix;
    }
    int number = tokens.isMark(unit + 1, '.') || tokens.isMark(unit + 1, '#') ? unit + 2 : unit + 1;
    boolean letter = tokens.is(number, Tokens.Kind.WORD) && tokens.length(number) == 1;
    return tokens.hasDigits(number) || letter ? number : suffix;
  }

  private static void box(Tokens tokens, int box, Findings findings) {
    int first = box;
    for (int j = box - 1; j >= Math.max(0, box - 4); j--) {
      String text = tokens.lower(j);
      if (text.equals("p") || text.equals("po") || text.equals("post")) {
        first = j;
        break;
      }
    }
    if (first < box) {
      findings.add(first, box + 1, EntityClass.ADDRESS);
    }
  }

  /** {@code Springfield, IL 62704}. */
  private static void town(Tokens tokens, int state, Findings findings) {
    boolean zip = tokens.isNumber(state + 1, ZIP_LENGTH);
    if (zip) {
      boolean plus =
          tokens.isMark(state + 2, '-')
              && tokens.touchesPrevious(state + 2)
              && tokens.isNumber(state + 3, 4);
      findings.add(state + 1, plus ? state + 3 : state + 1, EntityClass.ZIP);
    }
    if (!tokens.isMark(state - 1, ',') && !zip) {
      return;
    }
    int last = tokens.isMark(state - 1, ',') ? state - 2 : state - 1;
    int first = last;
    while (first > 0
        && last - first < 3
        && tokens.isCapitalized(first - 1)
        && !tokens.startsLine(first)
        && !SUFFIXES.contains(tokens.lower(first - 1))) {
      first--;
    }
    if (tokens.isCapitalized(last) && !isState(tokens, last)) {
      findings.add(first, last, EntityClass.PLACE);
    }
  }
}
