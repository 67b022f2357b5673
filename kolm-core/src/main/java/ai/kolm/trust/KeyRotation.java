package ai.kolm.trust;

import ai.kolm.json.CanonicalJson;
import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonReader;
import ai.kolm.trust.TrustException.Code;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A statement that one key follows another, signed by both: whoever trusts the old one may accept
 * the new one, by an act of their own.
 *
 * @param old id of the key before
 * @param next the key after
 * @param at when, in epoch seconds
 */
public record KeyRotation(String old, VerifyingKey next, long at) {

  /**
   * Rotates a machine's key: a new one takes the place of {@code file}, the old one goes to {@code
   * retired}, both are trusted, and the statement is written into {@code trust}.
   *
   * @return the file of the statement
   */
  public static Path rotate(SigningKeyFile file, Path retired, TrustDirectory trust, Instant at)
      throws IOException, TrustException {
    SigningKey old = file.read();
    SigningKey next = file.replace(retired.resolve(old.publicKey().id() + ".pem"));
    trust.trust(next.publicKey(), TrustedKey.Terms.OWN);
    byte[] payload =
        CanonicalJson.write(
            new Json.Obj(
                Map.of(
                    "old", new Json.Str(old.publicKey().id()),
                    "new", new Json.Str(next.publicKey().id()),
                    "at", new Json.Int(at.getEpochSecond()))));
    Path statement =
        trust
            .path()
            .resolve("rotation-%s-%s.dsse.json".formatted(old.publicKey(), next.publicKey()));
    DurableFile.write(statement, Envelope.sign(Envelope.ROTATION, payload, old, next).toBytes());
    return statement;
  }

  /**
   * Reads a statement and verifies both signatures.
   *
   * @param store must trust the old key
   * @throws TrustException if it is not such a statement, or by no trusted key
   */
  public static KeyRotation read(Path file, TrustStore store) throws IOException, TrustException {
    try {
      Envelope envelope = Envelope.parse(TrustDirectory.read(file));
      if (!envelope.payloadType().equals(Envelope.ROTATION)) {
        throw fault(file, "expected the type " + Envelope.ROTATION);
      }
      List<VerifyingKey> signers = new ArrayList<>();
      for (Envelope.Signature one : envelope.signatures()) {
        VerifyingKey key = VerifyingKey.ofSpki(one.publicKey());
        if (!key.id().equals(one.keyId()) || !key.verify(envelope.signedBytes(), one.bytes())) {
          throw fault(file, "a signature is wrong");
        }
        signers.add(key);
      }
      JsonObject json = JsonReader.readObject(envelope.payload(), JsonLimits.DEFAULT);
      String old = json.string("old");
      VerifyingKey next = signer(signers, json.string("new"), file);
      VerifyingKey before = signer(signers, old, file);
      boolean trusted =
          store.find(old).filter(known -> known.key().equals(before)).isPresent()
              && store.revocation(old).isEmpty();
      if (!trusted) {
        throw fault(file, "the old key %s is not trusted".formatted(old));
      }
      return new KeyRotation(old, next, json.integer("at"));
    } catch (JsonException e) {
      throw fault(file, String.valueOf(e.getMessage()));
    }
  }

  private static VerifyingKey signer(List<VerifyingKey> signers, String id, Path file)
      throws TrustException {
    return signers.stream()
        .filter(key -> key.id().equals(id))
        .findFirst()
        .orElseThrow(() -> fault(file, "not signed by key " + id));
  }

  private static TrustException fault(Path file, String what) {
    return new TrustException(Code.STORE_INVALID, "%s: %s".formatted(file, what));
  }
}
