package ai.kolm.anonymize;

import java.util.List;

/** Keys of interfaces, tokens and private keys: by their prefixes, or because they look random. */
final class SecretDetector implements Detector {
  private static final List<String> PREFIXES =
      List.of(
          "sk-",
          "pk-",
          "rk-",
          "sk_",
          "pk_",
          "ghp_",
          "gho_",
          "ghs_",
          "ghu_",
          "github_pat_",
          "glpat-",
          "AKIA",
          "ASIA",
          "AIza",
          "xoxb-",
          "xoxp-",
          "xoxa-",
          "hf_",
          "eyJ",
          "SG.",
          "npm_",
          "gsk_",
          "key-",
          "whsec_",
          "dop_v1_");
  private static final int MIN_PREFIXED = 16;
  private static final int MIN_RANDOM = 32;
  private static final double MIN_BITS = 3.8;
  private static final String PEM = "-----BEGIN ";
  private static final String PEM_END = "-----END ";
  private static final int MAX_PEM = 16_384;
  private static final boolean[] KEY_CHARS = new boolean[0x80];

  static {
    for (char c = 0; c < KEY_CHARS.length; c++) {
      KEY_CHARS[c] = Character.isLetterOrDigit(c) || "_-.+/=~".indexOf(c) >= 0;
    }
  }

  @Override
  public void find(Tokens tokens, Findings findings) {
    MatchingView view = tokens.view();
    int i = 0;
    int searched = 0;
    while (i < view.length()) {
      if (view.at(i) == '-' && view.startsWith(i, PEM)) {
        int end = pem(view, i, searched, findings);
        // Where no end was found, no later key has to look for one again.
        searched = end < 0 ? Math.min(view.length(), i + MAX_PEM) : end;
        i = end < 0 ? i + PEM.length() : end;
      } else if (isKeyChar(view.at(i))) {
        int end = i;
        while (end < view.length() && isKeyChar(view.at(end))) {
          end++;
        }
        run(view, i, end, findings);
        i = end;
      } else {
        i++;
      }
    }
  }

  private static boolean isKeyChar(char c) {
    return c < KEY_CHARS.length && KEY_CHARS[c];
  }

  /**
   * A private key.
   *
   * @param searched before this there is no end of one
   * @return where it ends; -1 if it does not
   */
  private static int pem(MatchingView view, int start, int searched, Findings findings) {
    int limit = Math.min(view.length(), start + MAX_PEM);
    int from = Math.max(start + PEM.length(), searched - PEM_END.length());
    for (int i = from; i < limit; i++) {
      if (view.at(i) == '-' && view.startsWith(i, PEM_END)) {
        int end = i + PEM_END.length();
        while (end < limit && view.at(end) != '\n') {
          end++;
        }
        findings.addView(start, end, EntityClass.SECRET);
        return end;
      }
    }
    return -1;
  }

  private static void run(MatchingView view, int start, int rawEnd, Findings findings) {
    int end = rawEnd;
    while (end > start && (view.at(end - 1) == '.' || view.at(end - 1) == '-')) {
      end--;
    }
    int from = start;
    for (int i = start; i < end; i++) {
      // "key=sk-..." is one run of such characters.
      from = view.at(i) == '=' && i + 1 < end && view.at(i + 1) != '=' ? i + 1 : from;
    }
    if (end - from < MIN_PREFIXED) {
      return;
    }
    String text = view.text(from, end);
    boolean prefixed =
        PREFIXES.stream().anyMatch(text::startsWith) && text.chars().anyMatch(Character::isDigit);
    if (prefixed || looksRandom(text)) {
      findings.addView(from, end, EntityClass.SECRET);
    }
  }

  private static boolean looksRandom(String text) {
    if (text.length() < MIN_RANDOM || text.indexOf("//") >= 0) {
      return false;
    }
    boolean mixed =
        text.chars().anyMatch(Character::isDigit)
            && text.chars().anyMatch(Character::isUpperCase)
            && text.chars().anyMatch(Character::isLowerCase);
    boolean hex = text.chars().allMatch(c -> Character.digit(c, 16) >= 0);
    return (mixed || (hex && text.chars().anyMatch(Character::isDigit)))
        && entropy(text) >= (hex ? 3.0 : MIN_BITS)
        && text.chars().filter(c -> c == '/' || c == '.' || c == '-').count() <= 4;
  }

  /** Bits per character, from how often each occurs in this text. */
  private static double entropy(String text) {
    int[] counts = new int[128];
    text.chars().forEach(c -> counts[c & 127]++);
    double bits = 0;
    for (int count : counts) {
      if (count > 0) {
        double share = count / (double) text.length();
        bits -= share * Math.log(share) / Math.log(2);
      }
    }
    return bits;
  }
}
