package ai.kolm.anonymize;

import java.util.Locale;

/** Numbers that carry a check digit or follow a published rule, whatever stands around them. */
final class NumberDetector implements Detector {
  private static final int NPI_LENGTH = 10;
  private static final int DEA_LENGTH = 9;
  private static final int SSN_LENGTH = 9;
  private static final int MIN_CARD = 13;
  private static final int MAX_CARD = 19;
  private static final int MIN_NAMED_CARD = 12;
  private static final int MIN_IBAN = 15;
  private static final int MAX_IBAN = 34;
  private static final int CUE_DISTANCE = 4;
  private static final WordSet SSN_CUES = WordSet.of("ssn", "social", "security", "ss");

  private static final WordSet CARD_CUES =
      WordSet.of("card", "cc", "credit", "debit", "visa", "mastercard", "amex", "maestro", "jcb");

  @Override
  public void find(Tokens tokens, Findings findings) {
    for (int i = 0; i < tokens.size(); i++) {
      if (!tokens.hasDigits(i)) {
        continue;
      }
      if (tokens.is(i, Tokens.Kind.NUMBER)) {
        ssn(tokens, i, findings);
        card(tokens, i, findings);
        if (tokens.isNumber(i, NPI_LENGTH) && CheckDigits.isNpi(tokens.text(i))) {
          findings.add(i, i, EntityClass.NPI);
        }
      } else {
        String text = tokens.text(i).toUpperCase(Locale.ROOT);
        if (CheckDigits.isVin(text)) {
          findings.add(i, i, EntityClass.VIN);
        }
        if (isDea(text)) {
          findings.add(i, i, EntityClass.DEA);
        }
        iban(tokens, i, findings);
      }
    }
  }

  /** Two letters (the second may be a 9) and seven digits, the last of which checks the others. */
  private static boolean isDea(String text) {
    return text.length() == DEA_LENGTH
        && isLetter(text.charAt(0))
        && (isLetter(text.charAt(1)) || text.charAt(1) == '9')
        && text.chars().skip(2).allMatch(c -> c >= '0' && c <= '9')
        && CheckDigits.isDea(text.substring(2));
  }

  private static boolean isLetter(char c) {
    return c >= 'A' && c <= 'Z';
  }

  private static void ssn(Tokens tokens, int i, Findings findings) {
    if (tokens.isNumber(i, SSN_LENGTH)) {
      if (isArea(tokens.text(i).substring(0, 3)) && hasCue(tokens, i)) {
        findings.add(i, i, EntityClass.SSN);
      }
      return;
    }
    if (!tokens.isNumber(i, 3)) {
      return;
    }
    boolean marked = tokens.is(i + 1, Tokens.Kind.MARK);
    int step = marked ? 2 : 1;
    char mark = marked ? tokens.text(i + 1).charAt(0) : ' ';
    int group = i + step;
    int serial = i + 2 * step;
    boolean shape =
        tokens.isNumber(group, 2)
            && tokens.isNumber(serial, 4)
            && (!marked || (mark == tokens.text(group + 1).charAt(0) && "-./".indexOf(mark) >= 0))
            && tokens.end(serial) - tokens.start(i) <= SSN_LENGTH + 6
            && !tokens.startsLine(serial);
    boolean certain = (marked && mark == '-') || hasCue(tokens, i);
    if (shape && certain && isArea(tokens.text(i)) && isAlone(tokens, i, serial)) {
      findings.add(i, serial, EntityClass.SSN);
    }
  }

  /** A number that goes on before or behind is another one. */
  private static boolean isAlone(Tokens tokens, int first, int last) {
    boolean before =
        tokens.touchesPrevious(first)
            && tokens.isMark(first - 1, '-')
            && tokens.hasDigits(first - 2);
    boolean behind =
        tokens.isMark(last + 1, '-')
            && tokens.touchesPrevious(last + 1)
            && tokens.touchesPrevious(last + 2)
            && tokens.hasDigits(last + 2);
    return !before && !behind;
  }

  private static boolean isArea(String area) {
    return !area.equals("000") && !area.equals("666");
  }

  private static boolean hasCue(Tokens tokens, int first) {
    return hasCue(tokens, first, SSN_CUES);
  }

  private static boolean hasCue(Tokens tokens, int first, WordSet cues) {
    for (int i = first - 1; i >= Math.max(0, first - CUE_DISTANCE); i--) {
      if (cues.contains(tokens.lower(i))) {
        return true;
      }
    }
    return false;
  }

  private static void card(Tokens tokens, int first, Findings findings) {
    boolean inside =
        tokens.touchesPrevious(first)
            && tokens.isMark(first - 1, '-')
            && tokens.hasDigits(first - 2);
    if (inside) {
      return;
    }
    StringBuilder digits = new StringBuilder();
    // Maestro has 12 digits and more, JCB a few old ranges that begin with 1.
    for (int j = first; j < tokens.size() && digits.length() <= MAX_CARD; j++) {
      if (tokens.is(j, Tokens.Kind.NUMBER)) {
        digits.append(tokens.text(j));
        boolean range =
            digits.length() >= MIN_CARD && digits.charAt(0) >= '2' && digits.charAt(0) <= '6';
        boolean valid =
            digits.length() >= MIN_NAMED_CARD
                && digits.length() <= MAX_CARD
                && (range || hasCue(tokens, first, CARD_CUES));
        if (valid && CheckDigits.luhn(digits.toString()) % 10 == 0) {
          findings.add(first, j, EntityClass.CARD);
        }
      } else if (!tokens.isMark(j, '-')) {
        return;
      }
      if (j > first && tokens.start(j) - tokens.end(j - 1) > 1) {
        return;
      }
    }
  }

  private static void iban(Tokens tokens, int first, Findings findings) {
    String head = tokens.text(first);
    boolean start =
        head.length() >= 4
            && isLetter(head.charAt(0))
            && isLetter(head.charAt(1))
            && Character.isDigit(head.charAt(2))
            && Character.isDigit(head.charAt(3));
    if (!start || !isUpperAscii(head)) {
      return;
    }
    int length = head.length();
    int remainder = CheckDigits.mod97(0, head.substring(4));
    String country = head.substring(0, 4);
    for (int j = first; length <= MAX_IBAN; ) {
      // The country and its check digits count last.
      if (length >= MIN_IBAN && CheckDigits.mod97(remainder, country) == 1) {
        findings.add(first, j, EntityClass.IBAN);
      }
      j++;
      boolean joined = j < tokens.size() && tokens.start(j) - tokens.end(j - 1) <= 1;
      if (!joined || tokens.is(j, Tokens.Kind.MARK) || !isUpperAscii(tokens.text(j))) {
        return;
      }
      length += tokens.length(j);
      remainder = CheckDigits.mod97(remainder, tokens.text(j));
    }
  }

  private static boolean isUpperAscii(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!isLetter(c) && (c < '0' || c > '9')) {
        return false;
      }
    }
    return true;
  }
}
