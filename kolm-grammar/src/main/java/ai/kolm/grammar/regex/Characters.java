package ai.kolm.grammar.regex;

import java.util.Arrays;

/**
 * Characters as they stand in JSON strings, as a set of bytes they begin with: a bit for each
 * character of ASCII, and one for each byte that begins longer ones, which stands for all of these.
 *
 * @param low of ASCII below 64
 * @param high of ASCII from 64 on
 * @param leads from 0xC2 on, by the first byte in UTF-8
 */
public record Characters(long low, long high, long leads) {
  /** No character. */
  public static final Characters NONE = new Characters(0, 0, 0);

  private static final int FIRST_LEAD = 0xC2;
  private static final int LAST_LEAD = 0xF4;

  /** Those of {@code set}, a set of {@link CodePoints}, that need no escape. */
  static Characters of(int[] set) {
    return of(set, true);
  }

  /** The same with all first bytes that some of {@code set} begins with. */
  static Characters touching(int[] set) {
    return of(set, false);
  }

  private static Characters of(int[] set, boolean whole) {
    long[] ascii = new long[2];
    for (int c = 0x20; c < 0x80; c++) {
      if (c != '"' && c != '\\' && CodePoints.contains(set, c)) {
        ascii[c >> 6] |= 1L << c;
      }
    }
    long leads = 0;
    for (int lead = FIRST_LEAD; lead <= LAST_LEAD; lead++) {
      int[] all = all(lead);
      int[] common = CodePoints.intersect(set, all);
      if (whole ? Arrays.equals(common, all) : common.length > 0) {
        leads |= bit(lead);
      }
    }
    return new Characters(ascii[0], ascii[1], leads);
  }

  /** All that begin with a byte. */
  private static int[] all(int lead) {
    int size = lead < 0xE0 ? 6 : lead < 0xF0 ? 12 : 18;
    int first = (lead & (0xFF >> (lead < 0xE0 ? 3 : lead < 0xF0 ? 4 : 5))) << size;
    int from = Math.max(first, lead == 0xE0 ? 0x800 : lead == 0xF0 ? 0x10000 : 0);
    int to = lead == 0xED ? 0xD7FF : Math.min(first + (1 << size) - 1, CodePoints.MAX);
    return CodePoints.of(from, to);
  }

  /** The bit of a lead byte in {@link #leads}; 0 for a byte that is none. */
  public static long bit(int lead) {
    return lead < FIRST_LEAD || lead > LAST_LEAD ? 0 : 1L << (lead - FIRST_LEAD);
  }

  /** Whether one of these may begin with a byte; never false if one does. */
  public boolean mayBegin(int value) {
    return value < 0x80 ? ((value < 64 ? low : high) & (1L << value)) != 0 : leads != 0;
  }

  /** Whether all characters that begin with a byte are among these. */
  public boolean has(int first) {
    return first < 0x80 ? mayBegin(first) : (leads & bit(first)) != 0;
  }

  /** These and others. */
  public Characters with(Characters others) {
    return new Characters(low | others.low, high | others.high, leads | others.leads);
  }

  /** Those that are not among others. */
  public Characters without(Characters others) {
    return new Characters(low & ~others.low, high & ~others.high, leads & ~others.leads);
  }

  /** Those that are among others too. */
  public Characters and(Characters others) {
    return new Characters(low & others.low, high & others.high, leads & others.leads);
  }

  /** The one of ASCII. */
  public static Characters ofAscii(int character) {
    return character < 64
        ? new Characters(1L << character, 0, 0)
        : new Characters(0, 1L << character, 0);
  }

  /** Whether there are none. */
  public boolean isEmpty() {
    return low == 0 && high == 0 && leads == 0;
  }

  /** How many bits are set. */
  public int size() {
    return Long.bitCount(low) + Long.bitCount(high) + Long.bitCount(leads);
  }
}
