package ai.kolm.trust;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.artifact.ArtifactVectors;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonReader;
import java.io.InputStream;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.HexFormat;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Ed25519 against the vectors of RFC 8032 and Wycheproof, and beside the JDK's. */
class Ed25519VectorsTest {
  private static byte[] hex(String text) {
    return HexFormat.of().parseHex(text);
  }

  /** RFC 8032, section 7.1: secret key, public key, message, signature. */
  @ParameterizedTest
  @CsvSource({
    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60,"
        + "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a,'',"
        + "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e3970"
        + "1cf9b46bd25bf5f0595bbe24655141438e7a100b",
    "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb,"
        + "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c,72,"
        + "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613"
        + "d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7,"
        + "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025,af82,"
        + "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760"
        + "984dc6594a7c15e9716ed28dc027beceea1ec40a"
  })
  void rfc8032(String secret, String publicKey, String message, String signature)
      throws TrustException {
    SigningKey key = SigningKey.ofSeed(hex(secret));
    assertArrayEquals(hex(publicKey), key.publicKey().raw());
    assertArrayEquals(hex(signature), key.sign(hex(message)));
    assertTrue(VerifyingKey.of(hex(publicKey)).verify(hex(message), hex(signature)));
    assertFalse(VerifyingKey.of(hex(publicKey)).verify(hex(message + "00"), hex(signature)));
  }

  @Test
  void wycheproof() throws Exception {
    JsonObject file;
    try (InputStream in =
        Ed25519VectorsTest.class.getResourceAsStream("/golden/trust/wycheproof-ed25519.json")) {
      file = JsonReader.readObject(Objects.requireNonNull(in).readAllBytes(), JsonLimits.DEFAULT);
    }
    int valid = 0;
    int invalid = 0;
    int jdkAgrees = 0;
    for (JsonObject group : file.objects("testGroups")) {
      byte[] raw = hex(group.object("publicKey").string("pk"));
      VerifyingKey key = VerifyingKey.of(raw);
      for (JsonObject test : group.objects("tests")) {
        byte[] message = hex(test.string("msg"));
        byte[] signature = hex(test.string("sig"));
        boolean expected = test.string("result").equals("valid");
        String name = "test " + test.integer("tcId") + " " + test.string("comment");
        assertEquals(expected, key.verify(message, signature), name);
        if (expected) {
          valid++;
        } else {
          invalid++;
        }
        jdkAgrees += byJdk(key, message, signature) == expected ? 1 : 0;
      }
    }
    System.out.printf(
        "Wycheproof Ed25519: %d accepted, %d refused; the JDK agrees in %d%n",
        valid, invalid, jdkAgrees);
    assertEquals(file.integer("numberOfTests"), valid + invalid);
    assertEquals(valid + invalid, jdkAgrees);
    assertTrue(invalid > 50);
  }

  private static boolean byJdk(VerifyingKey key, byte[] message, byte[] signature) {
    try {
      PublicKey jdk =
          KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(key.spki()));
      Signature verifier = Signature.getInstance("Ed25519");
      verifier.initVerify(jdk);
      verifier.update(message);
      return verifier.verify(signature);
    } catch (java.security.GeneralSecurityException e) {
      return false;
    }
  }

  @Test
  void keysOfSmallOrderAreRefused() throws Exception {
    int refused = 0;
    for (String key : ArtifactVectors.vectors().strings("small_order_public_keys")) {
      assertEquals(
          TrustException.Code.KEY_INVALID,
          assertThrows(TrustException.class, () -> VerifyingKey.of(hex(key))).code(),
          key);
      refused++;
    }
    assertEquals(4, refused);
  }

  /** y = p + 3, which is y = 3 in an encoding that is not the canonical one. */
  @Test
  void otherEncodingsOfAKeyAreRefused() {
    String key = "f0" + "ff".repeat(30) + "7f";
    assertThrows(TrustException.class, () -> VerifyingKey.of(hex(key)));
    assertThrows(TrustException.class, () -> VerifyingKey.of(new byte[31]));
  }

  @Test
  void keysHaveTheIdAndEncodingOfTheVectors() throws Exception {
    JsonObject vector = ArtifactVectors.vectors().object("key");
    SigningKey key = SigningKey.ofSeed(hex(vector.string("seed")));
    assertArrayEquals(hex(vector.string("spki")), key.publicKey().spki());
    assertEquals(vector.string("keyid"), key.publicKey().id());
    assertEquals(key.publicKey(), VerifyingKey.ofPem(key.publicKey().pem(), "key"));
    assertEquals(key.publicKey(), SigningKey.ofPem(key.pem(), "key").publicKey());
    assertFalse(key.toString().contains("0001"));
  }

  /** What other programs write is read: the second form has the public key too. */
  @Test
  void bothFormsOfPkcs8AreRead() throws Exception {
    SigningKey key = SigningKey.ofSeed(new byte[32]);
    byte[] der = hex("3051020101300506032b657004220420" + "00".repeat(32) + "812100");
    byte[] full = java.util.Arrays.copyOf(der, der.length + 32);
    System.arraycopy(key.publicKey().raw(), 0, full, der.length, 32);
    assertEquals(
        key.publicKey(), SigningKey.ofPem(Pem.write("PRIVATE KEY", full), "key").publicKey());
    full[full.length - 1] ^= 1;
    assertThrows(
        TrustException.class, () -> SigningKey.ofPem(Pem.write("PRIVATE KEY", full), "key"));
    assertThrows(TrustException.class, () -> SigningKey.ofPem("nothing", "key"));
  }
}
