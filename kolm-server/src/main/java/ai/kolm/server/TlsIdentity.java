package ai.kolm.server;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import org.eclipse.jetty.util.ssl.SslContextFactory;

/** The certificate with which a server shows who it is, and its private key. Immutable. */
public final class TlsIdentity {
  private static final long MAX_FILE = 1 << 20;
  private static final String BEGIN = "-----BEGIN PRIVATE KEY-----";
  private static final String END = "-----END PRIVATE KEY-----";
  private static final List<String> ALGORITHMS = List.of("RSA", "EC", "Ed25519");

  private final PrivateKey key;
  private final Certificate[] chain;

  private TlsIdentity(PrivateKey key, Certificate[] chain) {
    this.key = key;
    this.chain = chain;
  }

  /**
   * A pair of PEM files.
   *
   * @param certificates the server's certificate, then those between it and a root
   * @param key PKCS#8, not encrypted ({@code BEGIN PRIVATE KEY})
   * @throws IOException if a file cannot be read
   * @throws IllegalArgumentException if a file holds something else, or they do not belong together
   */
  public static TlsIdentity read(Path certificates, Path key) throws IOException {
    try {
      Collection<? extends Certificate> found =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(bytes(certificates)));
      if (found.isEmpty()) {
        throw new IllegalArgumentException("the certificate file holds no certificate");
      }
      TlsIdentity identity =
          new TlsIdentity(privateKey(bytes(key)), found.toArray(Certificate[]::new));
      identity.checkPair();
      return identity;
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("certificate and key are not usable", e);
    }
  }

  private static byte[] bytes(Path file) throws IOException {
    if (Files.size(file) > MAX_FILE) {
      throw new IllegalArgumentException("a PEM file has more than %,d bytes".formatted(MAX_FILE));
    }
    return Files.readAllBytes(file);
  }

  private static PrivateKey privateKey(byte[] pem) throws GeneralSecurityException {
    String text = new String(pem, US_ASCII);
    int from = text.indexOf(BEGIN);
    int to = text.indexOf(END);
    if (from < 0 || to < from) {
      throw new IllegalArgumentException(
          "the key file holds no key in PKCS#8 without encryption (BEGIN PRIVATE KEY); openssl"
              + " pkcs8 -topk8 -nodes makes one of others");
    }
    PKCS8EncodedKeySpec encoded =
        new PKCS8EncodedKeySpec(
            Base64.getMimeDecoder().decode(text.substring(from + BEGIN.length(), to)));
    for (String algorithm : ALGORITHMS) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(encoded);
      } catch (InvalidKeySpecException e) {
        // of another kind
      }
    }
    throw new IllegalArgumentException("the key is none of " + ALGORITHMS);
  }

  private void checkPair() {
    if (!key.getAlgorithm().equals(chain[0].getPublicKey().getAlgorithm())) {
      throw new IllegalArgumentException(
          "the certificate is for a key of %s, the key is of %s"
              .formatted(chain[0].getPublicKey().getAlgorithm(), key.getAlgorithm()));
    }
  }

  /** What Jetty needs: TLS 1.2 and 1.3, whatever host the client names. */
  SslContextFactory.Server context() {
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      store.setKeyEntry("kolm", key, new char[0], chain);
      SslContextFactory.Server context = new SslContextFactory.Server();
      context.setKeyStore(store);
      context.setKeyStorePassword("");
      context.setIncludeProtocols("TLSv1.3", "TLSv1.2");
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("a key store in memory", e);
    }
  }

  /** Nothing of the key. */
  @Override
  public String toString() {
    return "TlsIdentity[%d certificates]".formatted(chain.length);
  }
}
