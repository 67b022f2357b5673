package ai.kolm.capture;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** Keys out of passphrases: that of RFC 7914, section 12, and one of OpenSSL's implementation. */
class ScryptTest {
  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  @Test
  void theVectorOfTheSpecification() {
    assertEquals(
        "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
            + "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887",
        hex(
            Scrypt.derive(
                "pleaseletmein".toCharArray(), "SodiumChloride".getBytes(UTF_8), 14, 64)));
  }

  @Test
  void theCostThatNamespacesHaveAndLettersBeyondAscii() {
    byte[] salt = new byte[16];
    for (int i = 0; i < salt.length; i++) {
      salt[i] = (byte) i;
    }
    assertEquals(
        "ea884603611051e58ec0f986734001c145c49d72e5af2d72c6d794d134ad0dae",
        hex(Scrypt.derive("Grüße".toCharArray(), salt, 17, 32)));
  }
}
