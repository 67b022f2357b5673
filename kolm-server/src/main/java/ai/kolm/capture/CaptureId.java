package ai.kolm.capture;

import ai.kolm.receipt.ReceiptId;

/** Names of records: {@code cap_} and a ULID. */
public final class CaptureId {
  private static final String PREFIX = "cap_";

  private CaptureId() {}

  /** A new name. */
  static String next(long epochMillis) {
    return PREFIX + ReceiptId.next(epochMillis).substring("rcpt_".length());
  }

  /** Whether a text has the form of a name. */
  public static boolean isId(String text) {
    return text.startsWith(PREFIX) && ReceiptId.isId("rcpt_" + text.substring(PREFIX.length()));
  }
}
