package ai.kolm.anonymize;

/** Arithmetic of check digits. Texts are digits and capital letters without separators. */
final class CheckDigits {
  private static final String VIN_VALUES = "0123456789.ABCDEFGH..JKLMN.P.R..STUVWXYZ";
  private static final int[] VIN_WEIGHTS = {8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2};
  private static final int VIN_LENGTH = 17;
  private static final int VIN_CHECK = 8;
  private static final int IBAN_MODULUS = 97;

  private CheckDigits() {}

  /** The sum of Luhn (ISO/IEC 7812-1 annex B); valid numbers have one that ends in zero. */
  static int luhn(String digits) {
    int sum = 0;
    for (int i = 0; i < digits.length(); i++) {
      int digit = digits.charAt(digits.length() - 1 - i) - '0';
      int twice = 2 * digit;
      sum += i % 2 == 0 ? digit : twice > 9 ? twice - 9 : twice;
    }
    return sum;
  }

  /** {@code digits} with its last one changed so that the number is valid. */
  static String withLuhn(String digits) {
    String body = digits.substring(0, digits.length() - 1);
    return body + (10 - luhn(body + "0") % 10) % 10;
  }

  /** Whether ten digits are a National Provider Identifier, which is checked as a card 80840. */
  static boolean isNpi(String digits) {
    return (digits.charAt(0) == '1' || digits.charAt(0) == '2') && luhn("80840" + digits) % 10 == 0;
  }

  /** Whether seven digits fit a registration of the Drug Enforcement Administration. */
  static boolean isDea(String digits) {
    int odd = digit(digits, 0) + digit(digits, 2) + digit(digits, 4);
    int even = digit(digits, 1) + digit(digits, 3) + digit(digits, 5);
    return (odd + 2 * even) % 10 == digit(digits, 6);
  }

  private static int digit(String digits, int at) {
    return digits.charAt(at) - '0';
  }

  /** Whether the check digit of a vehicle identification number fits. */
  static boolean isVin(String text) {
    return text.length() == VIN_LENGTH && vinCheck(text) == text.charAt(VIN_CHECK);
  }

  /** The check digit that a vehicle identification number needs; a space if it is none. */
  static char vinCheck(String text) {
    int sum = 0;
    for (int i = 0; i < VIN_LENGTH; i++) {
      int value = VIN_VALUES.indexOf(text.charAt(i));
      if (value < 0 || text.charAt(i) == '.') {
        return ' ';
      }
      sum += VIN_WEIGHTS[i] * (value % 10);
    }
    int check = sum % 11;
    return check == 10 ? 'X' : (char) ('0' + check);
  }

  /** The remainder of an IBAN by ISO 13616; valid ones have 1. */
  static int ibanRemainder(String iban) {
    return mod97(mod97(0, iban.substring(4)), iban.substring(0, 4));
  }

  /**
   * The remainder of a number that goes on with these digits and letters, a letter being two digits
   * from 10 on.
   */
  static int mod97(int before, String text) {
    int remainder = before;
    for (int i = 0; i < text.length(); i++) {
      int value = Character.digit(text.charAt(i), 36);
      remainder = (remainder * (value > 9 ? 100 : 10) + value) % IBAN_MODULUS;
    }
    return remainder;
  }

  /** {@code iban} with check digits that fit. */
  static String withIbanCheck(String iban) {
    String open = iban.substring(0, 2) + "00" + iban.substring(4);
    int check = IBAN_MODULUS + 1 - ibanRemainder(open);
    return "%s%02d%s".formatted(iban.substring(0, 2), check, iban.substring(4));
  }
}
