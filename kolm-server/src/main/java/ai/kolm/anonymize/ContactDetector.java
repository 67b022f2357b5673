package ai.kolm.anonymize;

import java.util.regex.Pattern;

/** E-mail and web addresses, IP addresses, telephone and fax numbers. */
final class ContactDetector implements Detector {
  private static final int MAX_LOCAL = 64;
  private static final int MAX_HOST = 255;
  private static final int MAX_PHONE = 32;
  private static final int MIN_INTERNATIONAL = 8;
  private static final int MAX_INTERNATIONAL = 15;
  private static final int NATIONAL = 10;
  private static final int LOCAL = 7;
  private static final int PLANNED = 5;
  private static final int IPV6_GROUPS = 8;
  private static final int CUE_DISTANCE = 4;
  private static final Pattern EXTENSION = Pattern.compile("x[0-9]{1,6}");
  private static final WordSet PHONE_CUES =
      WordSet.of(
          "phone",
          "tel",
          "telephone",
          "fax",
          "call",
          "called",
          "mobile",
          "cell",
          "pager",
          "ph",
          "contact",
          "reach",
          "reached",
          "callback",
          "number",
          "extension",
          "facsimile",
          "desk",
          "direct",
          "line",
          "home",
          "work",
          "messages",
          "answering",
          "sms",
          "whatsapp",
          "registered");

  /** Words behind a number that say what it is: {@code 930.167.3943 fax}. */
  private static final WordSet PHONE_KINDS =
      WordSet.of("fax", "office", "mobile", "desk", "phone", "cell", "home", "work", "direct");

  @Override
  public void find(Tokens tokens, Findings findings) {
    MatchingView view = tokens.view();
    int i = 0;
    while (i < view.length()) {
      if (view.at(i) == '@') {
        email(view, i, findings);
      } else if (view.at(i) == ':' && view.startsWith(i, "://")) {
        i = Math.max(i, url(view, scheme(view, i), i + 3, findings) - 1);
      }
      i++;
    }
    tokens(tokens, view, findings);
  }

  private static void tokens(Tokens tokens, MatchingView view, Findings findings) {
    int urlEnd = 0;
    StringBuilder head = new StringBuilder(MAX_PHONE);
    for (int i = 0; i < tokens.size(); i++) {
      boolean www = tokens.lower(i).equals("www") && tokens.isMark(i + 1, '.');
      if (www && tokens.start(i) >= urlEnd) {
        urlEnd = url(view, tokens.start(i), tokens.end(i + 1), findings);
      }
      if (tokens.is(i, Tokens.Kind.NUMBER)) {
        ipv4(tokens, i, findings);
      }
      if (startsGroup(tokens, i)) {
        ipv6(tokens, i, findings);
      }
      if (startsPhone(tokens, i)) {
        head.setLength(0);
        phone(tokens, i, head, findings);
      }
    }
  }

  private static void email(MatchingView view, int at, Findings findings) {
    int start = at;
    while (start > 0 && at - start < MAX_LOCAL && isLocal(view.at(start - 1))) {
      start--;
    }
    while (start < at && !Character.isLetterOrDigit(view.at(start))) {
      start++;
    }
    int end = at + 1;
    int dot = -1;
    while (end < view.length() && end - at < MAX_HOST && isHost(view.at(end))) {
      dot = view.at(end) == '.' && end + 1 < view.length() && isHost(view.at(end + 1)) ? end : dot;
      end++;
    }
    while (end > at + 1 && !Character.isLetterOrDigit(view.at(end - 1))) {
      end--;
    }
    if (start < at && dot > at + 1 && end > dot + 1) {
      findings.addView(start, end, EntityClass.EMAIL);
    }
  }

  private static boolean isLocal(char c) {
    return Character.isLetterOrDigit(c) || "._%+-'".indexOf(c) >= 0;
  }

  private static boolean isHost(char c) {
    return Character.isLetterOrDigit(c) || c == '.' || c == '-';
  }

  private static int scheme(MatchingView view, int colon) {
    int start = colon;
    while (start > 0 && colon - start < 8 && Character.isLetter(view.at(start - 1))) {
      start--;
    }
    return start;
  }

  /** Returns where it ends. */
  private static int url(MatchingView view, int start, int host, Findings findings) {
    int end = host;
    while (end < view.length() && view.at(end) > ' ' && "<>\"'`|\\".indexOf(view.at(end)) < 0) {
      end++;
    }
    while (end > host && ".,;:!?)]}".indexOf(view.at(end - 1)) >= 0) {
      end--;
    }
    if (end > host && start < host) {
      findings.addView(start, end, EntityClass.URL);
    }
    return end;
  }

  private static void ipv4(Tokens tokens, int i, Findings findings) {
    if (tokens.touchesPrevious(i) && tokens.isMark(i - 1, '.')) {
      return;
    }
    int last = i;
    for (int group = 1; group < 4; group++) {
      boolean next =
          tokens.isMark(last + 1, '.')
              && tokens.touchesPrevious(last + 1)
              && tokens.touchesPrevious(last + 2)
              && tokens.is(last + 2, Tokens.Kind.NUMBER);
      if (!next || tokens.length(last) > 3 || tokens.value(last) > 255) {
        return;
      }
      last += 2;
    }
    boolean more =
        tokens.isMark(last + 1, '.')
            && tokens.hasDigits(last + 2)
            && tokens.touchesPrevious(last + 2);
    if (!more && tokens.length(last) <= 3 && tokens.value(last) <= 255) {
      findings.add(i, last, EntityClass.IP);
    }
  }

  private static boolean startsGroup(Tokens tokens, int i) {
    return tokens.isMark(i + 1, ':')
        && tokens.touchesPrevious(i + 1)
        && (isHexGroup(tokens, i) || tokens.isMark(i, ':'))
        && !(tokens.touchesPrevious(i) && (tokens.isMark(i - 1, ':') || tokens.isMark(i, ':')));
  }

  private static boolean isHexGroup(Tokens tokens, int i) {
    if (i < 0 || i >= tokens.size() || tokens.length(i) > 4) {
      return false;
    }
    String text = tokens.text(i);
    for (int at = 0; at < text.length(); at++) {
      if (Character.digit(text.charAt(at), 16) < 0) {
        return false;
      }
    }
    return true;
  }

  private static void ipv6(Tokens tokens, int i, Findings findings) {
    int groups = 0;
    boolean doubled = false;
    int last = i;
    int j = i;
    while (j < tokens.size() && j - i < 2 * IPV6_GROUPS && (j == i || tokens.touchesPrevious(j))) {
      if (tokens.isMark(j, ':')) {
        doubled = doubled || (tokens.isMark(j - 1, ':') && tokens.touchesPrevious(j) && j > i);
      } else if (isHexGroup(tokens, j)) {
        groups++;
        last = j;
      } else {
        break;
      }
      j++;
    }
    if (groups == IPV6_GROUPS || (doubled && groups >= 2)) {
      findings.add(i, last, EntityClass.IP);
    }
  }

  private static boolean startsPhone(Tokens tokens, int i) {
    boolean inside = tokens.touchesPrevious(i) && (tokens.hasDigits(i - 1) || joins(tokens, i - 1));
    boolean begins =
        tokens.is(i, Tokens.Kind.NUMBER)
            || (tokens.isMark(i, '+') && tokens.is(i + 1, Tokens.Kind.NUMBER))
            || (tokens.isMark(i, '(') && tokens.is(i + 1, Tokens.Kind.NUMBER));
    return begins && (!inside || tokens.isMark(i, '(') || tokens.isMark(i, '+'));
  }

  private static boolean joins(Tokens tokens, int i) {
    return i > 0
        && tokens.hasDigits(i - 1)
        && (tokens.isMark(i, '-') || tokens.isMark(i, '.') || tokens.isMark(i, '/'));
  }

  private static void phone(Tokens tokens, int first, StringBuilder head, Findings findings) {
    boolean looked = tokens.isMark(first, '+'); // which needs no word in front
    boolean cue = false;
    int groups = 0;
    int digits = 0;
    for (int j = first; j < tokens.size(); j++) {
      if (tokens.end(j) - tokens.start(first) > MAX_PHONE || (j > first && isApart(tokens, j))) {
        break;
      }
      if (tokens.is(j, Tokens.Kind.NUMBER)) {
        if (digits < PLANNED) {
          head.append(tokens.text(j));
        }
        digits += tokens.length(j);
        groups++;
        if (digits < LOCAL) {
          continue;
        }
        cue = looked ? cue : hasCue(tokens, first);
        looked = true;
        if (isPhone(tokens, first, j, head, digits, groups, cue)) {
          add(tokens, first, j, digits, groups, findings);
        }
      } else if (!isSeparator(tokens, j)) {
        break;
      }
    }
  }

  /** Whether more than one space, or the end of a line, stands before a token. */
  private static boolean isApart(Tokens tokens, int j) {
    int between = tokens.start(j) - tokens.end(j - 1);
    return between > 1 || (between == 1 && tokens.startsLine(j));
  }

  private static boolean isSeparator(Tokens tokens, int j) {
    return tokens.is(j, Tokens.Kind.MARK) && "+().-/".indexOf(tokens.text(j).charAt(0)) >= 0;
  }

  /**
   * Whether seven digits or more are a number to call.
   *
   * @param head the digits it begins with, five or more of them
   * @param digits how many there are
   * @param groups in how many groups
   * @param cue whether a word in front says so; one behind does as well
   */
  private static boolean isPhone(
      Tokens tokens, int first, int last, CharSequence head, int digits, int groups, boolean cue) {
    if (tokens.isMark(first, '+')) {
      return digits >= MIN_INTERNATIONAL && digits <= MAX_INTERNATIONAL;
    }
    int country = digits == NATIONAL + 1 && head.charAt(0) == '1' ? 1 : 0;
    boolean plan =
        digits - country == NATIONAL
            && head.charAt(country) >= '2'
            && head.charAt(country + 3) >= '2';
    boolean grouped = groups >= 2;
    if (plan && grouped) {
      return true;
    }
    if (digits > MAX_INTERNATIONAL || !(cue || hasKind(tokens, last))) {
      return false;
    }
    return plan || digits >= 9 || (grouped && DateParser.at(tokens, first).isEmpty());
  }

  private static boolean hasKind(Tokens tokens, int last) {
    int next = tokens.is(last + 1, Tokens.Kind.MARK) ? last + 2 : last + 1;
    return !tokens.startsLine(next) && PHONE_KINDS.contains(tokens.lower(next));
  }

  private static boolean hasCue(Tokens tokens, int first) {
    for (int i = first - 1; i >= Math.max(0, first - CUE_DISTANCE); i--) {
      if (PHONE_CUES.contains(tokens.lower(i))) {
        return true;
      }
    }
    return false;
  }

  private static void add(
      Tokens tokens, int first, int last, int digits, int groups, Findings findings) {
    boolean goesOn =
        last + 1 < tokens.size() && tokens.touchesPrevious(last + 1) && tokens.hasDigits(last + 1);
    if (goesOn || (groups == 1 && digits > MAX_INTERNATIONAL)) {
      return;
    }
    int end = last;
    String next = tokens.lower(last + 1);
    boolean extension = next.equals("x") || next.equals("ext") || next.equals("extension");
    if (extension) {
      int number = tokens.isMark(last + 2, '.') ? last + 3 : last + 2;
      end = tokens.is(number, Tokens.Kind.NUMBER) ? number : last;
    } else if (next.startsWith("x") && EXTENSION.matcher(next).matches()) {
      end = last + 1;
    }
    findings.add(first, end, EntityClass.PHONE);
  }
}
