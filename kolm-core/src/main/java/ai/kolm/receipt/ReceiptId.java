package ai.kolm.receipt;

import java.security.SecureRandom;
import java.util.regex.Pattern;

/** Names of receipts: {@code rcpt_} and a ULID, 48 bits of time and 80 of chance in 26 letters. */
public final class ReceiptId {
  private static final String PREFIX = "rcpt_";
  private static final String LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  private static final Pattern FORM = Pattern.compile("rcpt_[0-7][0-9A-HJKMNP-TV-Z]{25}");
  private static final int TIME_LETTERS = 10;
  private static final int RANDOM_LETTERS = 16;
  private static final SecureRandom RANDOM = new SecureRandom();

  private ReceiptId() {}

  /** A new name. */
  public static String next(long epochMillis) {
    StringBuilder text = new StringBuilder(PREFIX);
    for (int i = TIME_LETTERS - 1; i >= 0; i--) {
      text.append(LETTERS.charAt((int) (epochMillis >>> (5 * i)) & 31));
    }
    byte[] random = new byte[RANDOM_LETTERS];
    RANDOM.nextBytes(random);
    for (byte b : random) {
      text.append(LETTERS.charAt(b & 31));
    }
    return text.toString();
  }

  /** Whether a text has the form of a name. */
  public static boolean isId(String text) {
    return FORM.matcher(text).matches();
  }
}
