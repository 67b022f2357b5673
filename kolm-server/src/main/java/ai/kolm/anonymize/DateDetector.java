package ai.kolm.anonymize;

import java.util.Optional;
import java.util.regex.Pattern;

/** Dates, except a year alone, and ages over 89. */
final class DateDetector implements Detector {
  private static final int OLD = 89;
  private static final int OLDEST = 125;
  private static final int CUE_DISTANCE = 3;
  private static final WordSet CUES =
      WordSet.of(
          "on",
          "since",
          "dated",
          "date",
          "admitted",
          "discharged",
          "until",
          "by",
          "dob",
          "born",
          "birth",
          "birthday",
          "seen",
          "visit",
          "due",
          "from",
          "through",
          "before",
          "after",
          "scheduled",
          "for",
          "started",
          "last",
          "next",
          "of",
          "between",
          "as",
          "was",
          "and");
  private static final WordSet NO_CUES =
      WordSet.of("pain", "strength", "score", "bp", "pressure", "reflexes", "gcs", "rated");
  private static final Pattern GLUED_AGE = Pattern.compile("(?i)[0-9]{2,3}y");
  private static final WordSet AGE_BEFORE = WordSet.of("age", "aged", "turned", "turning");
  private static final WordSet AGE_AFTER = WordSet.of("yo", "yr", "yrs", "year", "years", "y");

  @Override
  public void find(Tokens tokens, Findings findings) {
    int i = 0;
    while (i < tokens.size()) {
      Optional<DateParser.Found> date = DateParser.at(tokens, i);
      if (date.isPresent() && (date.get().certain() || hasCue(tokens, i, date.get().last()))) {
        findings.add(i, date.get().last(), EntityClass.DATE);
        i = date.get().last();
      } else {
        age(tokens, i, findings);
      }
      i++;
    }
  }

  private static boolean hasCue(Tokens tokens, int first, int last) {
    boolean cue = false;
    for (int i = Math.max(0, first - CUE_DISTANCE); i < first; i++) {
      cue = cue || CUES.contains(tokens.lower(i));
      if (NO_CUES.contains(tokens.lower(i))) {
        return false;
      }
    }
    return cue && !tokens.isMark(last + 1, '/') && !tokens.isMark(last + 1, '%');
  }

  private static void age(Tokens tokens, int i, Findings findings) {
    boolean glued =
        tokens.is(i, Tokens.Kind.MIXED) && GLUED_AGE.matcher(tokens.text(i)).lookingAt();
    if (glued) {
      int digits = Character.isDigit(tokens.text(i).charAt(2)) ? 3 : 2;
      int years = Integer.parseInt(tokens.text(i).substring(0, digits));
      if (years > OLD && years <= OLDEST) {
        findings.addView(tokens.start(i), tokens.start(i) + digits, EntityClass.AGE);
      }
      return;
    }
    int years = tokens.value(i);
    if (years <= OLD || years > OLDEST) {
      return;
    }
    int next = tokens.isMark(i + 1, '-') ? i + 2 : i + 1;
    boolean before =
        AGE_BEFORE.contains(tokens.lower(i - 1))
            || (AGE_BEFORE.contains(tokens.lower(i - 2)) && tokens.is(i - 1, Tokens.Kind.MARK))
            || (AGE_BEFORE.contains(tokens.lower(i - 2)) && tokens.lower(i - 1).equals("of"))
            || (AGE_BEFORE.contains(tokens.lower(i - 2)) && tokens.lower(i - 1).equals("is"));
    String unit = tokens.lower(next);
    boolean old =
        tokens.lower(next + 1).equals("old")
            || tokens.isMark(next + 1, '-')
            || tokens.isMark(next + 1, '/')
            || unit.equals("yo");
    if (before || (AGE_AFTER.contains(unit) && old)) {
      findings.add(i, i, EntityClass.AGE);
    }
  }
}
