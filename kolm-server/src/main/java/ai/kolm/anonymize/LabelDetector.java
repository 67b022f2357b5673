package ai.kolm.anonymize;

import java.util.Optional;

/** Values that a word in front of them announces: {@code MRN 8847}, {@code Policy no.: AB-12}. */
final class LabelDetector implements Detector {
  private static final int MAX_BETWEEN = 4;
  private static final int MIN_VALUE = 3;
  private static final int MAX_VALUE = 24;
  private static final WordSet FILLERS =
      WordSet.of(
          ":", "#", "=", ".", "-", "(", "\"", "'", "is", "was", "no", "number", "num", "id", "of",
          "nr", "the", "with", "ending", "in", ">", "*", ")", "reads", "code");

  private static final WordSet MEASURES =
      WordSet.of("mg", "ml", "mcg", "days", "years", "hours", "weeks", "minutes", "feet");

  @Override
  public void find(Tokens tokens, Findings findings) {
    for (int i = 0; i < tokens.size(); i++) {
      if (!tokens.is(i, Tokens.Kind.WORD) || !Labels.begins(tokens.lower(i))) {
        continue;
      }
      Optional<EntityClass> type = Optional.empty();
      int last = i;
      StringBuilder phrase = new StringBuilder();
      int words = 0;
      for (int j = i; j < Math.min(tokens.size(), i + 2 * Labels.MAX_WORDS); j++) {
        boolean joiner = tokens.isMark(j, '/') || tokens.isMark(j, '\'');
        if (joiner || (tokens.isMark(j, '.') && tokens.is(j + 1, Tokens.Kind.WORD))) {
          continue;
        }
        if (!tokens.is(j, Tokens.Kind.WORD) || ++words > Labels.MAX_WORDS) {
          break;
        }
        String separator = phrase.isEmpty() ? "" : tokens.isMark(j - 1, '/') ? "/" : " ";
        phrase.append(separator).append(tokens.lower(j));
        Optional<EntityClass> found = Labels.of(phrase.toString());
        if (found.isPresent()) {
          type = found;
          last = j;
        }
      }
      if (type.isPresent()) {
        value(tokens, last + 1, type.get(), findings);
        i = last;
      }
    }
  }

  private static void value(Tokens tokens, int from, EntityClass type, Findings findings) {
    int first = from;
    while (first < from + MAX_BETWEEN && FILLERS.contains(tokens.lower(first))) {
      first++;
    }
    int last = end(tokens, first);
    if (last < first) {
      return;
    }
    boolean digits = false;
    for (int i = first; i <= last; i++) {
      digits = digits || tokens.hasDigits(i);
    }
    int length = tokens.end(last) - tokens.start(first);
    int least = type == EntityClass.ROOM ? 1 : MIN_VALUE;
    if (digits && length >= least && length <= MAX_VALUE && fits(tokens, first, last, type)) {
      findings.add(first, last, type);
    }
  }

  private static boolean fits(Tokens tokens, int first, int last, EntityClass type) {
    boolean percent = tokens.isMark(last + 1, '%');
    boolean unit = MEASURES.contains(tokens.lower(last + 1));
    boolean small = type == EntityClass.ROOM || type == EntityClass.ZIP;
    return !percent && !unit && (!small || tokens.end(last) - tokens.start(first) <= 10);
  }

  /** The last token of a value that begins at {@code first}: parts joined without spaces. */
  private static int end(Tokens tokens, int first) {
    if (first >= tokens.size() || tokens.is(first, Tokens.Kind.MARK)) {
      return first - 1;
    }
    int last = first;
    boolean shortHead =
        tokens.is(first, Tokens.Kind.WORD) && tokens.isUpper(first) && tokens.length(first) <= 4;
    if (tokens.is(first, Tokens.Kind.WORD)
        && !tokens.touchesPrevious(first + 1)
        && !(shortHead && tokens.hasDigits(first + 1))) {
      return first - 1;
    }
    if (shortHead && tokens.hasDigits(first + 1) && !tokens.touchesPrevious(first + 1)) {
      last = first + 1;
    }
    while (last + 1 < tokens.size() && tokens.touchesPrevious(last + 1)) {
      if (!tokens.is(last + 1, Tokens.Kind.MARK)) {
        last++;
      } else if ("-/._".indexOf(tokens.text(last + 1).charAt(0)) >= 0
          && tokens.touchesPrevious(last + 2)
          && !tokens.is(last + 2, Tokens.Kind.MARK)) {
        last += 2;
      } else {
        break;
      }
    }
    return last;
  }
}
