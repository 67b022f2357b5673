package ai.kolm.trust;

import static java.nio.charset.StandardCharsets.US_ASCII;

import ai.kolm.trust.TrustException.Code;
import java.util.Base64;
import java.util.List;

/** Keys as text (RFC 7468): one object, nothing before or behind it. */
final class Pem {
  private static final int LINE = 64;

  private Pem() {}

  static String write(String label, byte[] der) {
    String body = Base64.getMimeEncoder(LINE, new byte[] {'\n'}).encodeToString(der);
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n".formatted(label, body, label);
  }

  /**
   * The bytes of the one object in {@code text}.
   *
   * @param what is being read, for the message
   */
  static byte[] read(String label, String text, String what) throws TrustException {
    List<String> lines = text.strip().lines().map(String::strip).toList();
    String begin = "-----BEGIN %s-----".formatted(label);
    boolean framed =
        lines.size() >= 3
            && lines.getFirst().equals(begin)
            && lines.getLast().equals("-----END %s-----".formatted(label));
    if (!framed) {
      throw new TrustException(Code.KEY_INVALID, "%s: expected %s ...".formatted(what, begin));
    }
    try {
      String body = String.join("", lines.subList(1, lines.size() - 1));
      return Base64.getDecoder().decode(body.getBytes(US_ASCII));
    } catch (IllegalArgumentException e) {
      throw new TrustException(Code.KEY_INVALID, what + ": not Base64");
    }
  }
}
