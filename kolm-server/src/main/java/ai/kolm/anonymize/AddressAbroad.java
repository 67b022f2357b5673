package ai.kolm.anonymize;

import java.util.HashSet;
import java.util.Set;

/** Addresses as they are written outside the United States, and those of their forces abroad. */
final class AddressAbroad implements Detector {
  private static final int MAX_WORDS = 5;
  private static final int ZIP_LENGTH = 5;
  private static final WordSet UNIT_LINES = WordSet.of("apt", "apartment", "suite");
  private static final WordSet POST_OFFICES = WordSet.of("apo", "fpo", "dpo");
  private static final WordSet REGIONS = WordSet.of("aa", "ae", "ap");
  private static final WordSet UNITS_ABROAD =
      WordSet.of("psc", "cmr", "unit", "uss", "usns", "usnv", "uscgc");
  private static final int MAX_UNIT_ABROAD = 8;

  /** Countries of one word, for postal codes behind them. */
  private static final WordSet COUNTRIES =
      WordSet.of(
          "argentina",
          "australia",
          "austria",
          "belgium",
          "brazil",
          "bulgaria",
          "canada",
          "chile",
          "china",
          "croatia",
          "cyprus",
          "czechia",
          "denmark",
          "egypt",
          "estonia",
          "finland",
          "france",
          "germany",
          "greece",
          "greenland",
          "hungary",
          "iceland",
          "india",
          "ireland",
          "israel",
          "italy",
          "japan",
          "kenya",
          "latvia",
          "lithuania",
          "luxembourg",
          "malta",
          "mexico",
          "netherlands",
          "norway",
          "peru",
          "philippines",
          "poland",
          "portugal",
          "romania",
          "russia",
          "serbia",
          "slovakia",
          "slovenia",
          "spain",
          "sweden",
          "switzerland",
          "tunisia",
          "turkey",
          "ukraine",
          "uruguay",
          "vietnam");

  private static final WordSet MEASURES =
      WordSet.of("mg", "ml", "mcg", "g", "kg", "units", "x", "tablets", "times", "days", "hours");
  private static final WordSet STREET_PARTICLES =
      WordSet.of(
          "de", "la", "le", "du", "des", "da", "do", "di", "del", "van", "den", "der", "rue", "via",
          "tee", "voie", "ul", "vei", "gata", "utca");

  /** Words of which one decides what stands around it. */
  private static final WordSet KEYWORDS = keywords();

  private static WordSet keywords() {
    Set<String> words = new HashSet<>(POST_OFFICES.words());
    words.addAll(UNIT_LINES.words());
    words.addAll(COUNTRIES.words());
    return WordSet.of(words);
  }

  @Override
  public void find(Tokens tokens, Findings findings) {
    for (int i = 0; i < tokens.size(); i++) {
      if (tokens.is(i, Tokens.Kind.NUMBER) && !tokens.touchesPrevious(i)) {
        street(tokens, i, findings);
      } else if (KEYWORDS.contains(tokens.lower(i))) {
        keyword(tokens, i, findings);
      }
    }
  }

  private static void keyword(Tokens tokens, int i, Findings findings) {
    if (POST_OFFICES.contains(tokens.lower(i))) {
      military(tokens, i, findings);
    } else if (tokens.isCapitalized(i) && UNIT_LINES.contains(tokens.lower(i))) {
      unitLine(tokens, i, findings);
    } else if (tokens.isCapitalized(i)) {
      country(tokens, i, findings);
    }
  }

  /** {@code PSC 4574, Box 8393} and {@code APO AA 81998} behind it, perhaps on the next line. */
  private static void military(Tokens tokens, int office, Findings findings) {
    if (!REGIONS.contains(tokens.lower(office + 1)) || !tokens.isNumber(office + 2, ZIP_LENGTH)) {
      return;
    }
    int first = office;
    for (int j = office - 1; j >= Math.max(0, office - MAX_UNIT_ABROAD); j--) {
      if (UNITS_ABROAD.contains(tokens.lower(j))) {
        first = j;
      }
    }
    findings.add(first, office + 2, EntityClass.ADDRESS);
  }

  /** {@code Suite 318} on a line of its own. */
  private static void unitLine(Tokens tokens, int unit, Findings findings) {
    int number = tokens.isMark(unit + 1, '.') ? unit + 2 : unit + 1;
    if (tokens.is(number, Tokens.Kind.NUMBER)
        && tokens.length(number) <= 4
        && !tokens.startsLine(number)
        && tokens.startsLine(number + 1)) {
      findings.add(unit, number, EntityClass.ADDRESS);
    }
  }

  /** {@code Finland 41600}. */
  private static void country(Tokens tokens, int country, Findings findings) {
    int code = country + 1;
    boolean plausible = tokens.length(Math.min(code, tokens.size() - 1)) >= 4;
    if (tokens.is(code, Tokens.Kind.NUMBER)
        && plausible
        && tokens.length(code) <= 6
        && !tokens.startsLine(code)
        && !(tokens.length(code) == 4 && tokens.value(code) >= 1800 && tokens.value(code) < 2200)) {
      findings.add(country, code, EntityClass.ADDRESS);
    }
  }

  /**
   * {@code 764 Fagradalsbraut 71 Apt. 762}: a number, the name of a street, and another number, as
   * most of the world writes it. A dose has a measure behind it, a date a month in the middle.
   */
  private static void street(Tokens tokens, int first, Findings findings) {
    if (tokens.length(first) < 2) {
      return;
    }
    boolean named = false;
    for (int j = first + 1; j <= first + MAX_WORDS; j++) {
      if (tokens.startsLine(j)) {
        return;
      }
      if (tokens.is(j, Tokens.Kind.NUMBER)) {
        boolean house = named && tokens.length(j) <= 4 && !tokens.touchesPrevious(j);
        int behind = tokens.isMark(j + 1, '-') || tokens.isMark(j + 1, '.') ? j + 2 : j + 1;
        if (house && !MEASURES.contains(tokens.lower(behind))) {
          findings.add(first, AddressDetector.unit(tokens, j), EntityClass.ADDRESS);
        }
        return;
      }
      boolean word =
          tokens.is(j, Tokens.Kind.WORD)
              && tokens.length(j) > 2
              && DateForm.month(tokens.lower(j)) == 0
              && !Labels.begins(tokens.lower(j))
              && tokens.isCapitalized(j);
      named = named || word;
      if (!word && !STREET_PARTICLES.contains(tokens.lower(j))) {
        return;
      }
    }
  }
}
