package ai.kolm.trust;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.json.CanonicalJson;
import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonReader;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A signed statement in the form of DSSE (Dead Simple Signing Envelope 1.0): the statement, its
 * type, and one or more signatures of both.
 *
 * <p>What is signed is {@link #signedBytes}, in which the lengths of type and statement come before
 * them: a statement can never be taken for one of another type, and nothing has to be in canonical
 * form to be verified. The envelope itself is canonical JSON all the same, so that there is one for
 * every statement and set of signatures.
 *
 * @param payloadType what kind of statement it is
 * @param payload the statement
 * @param signatures 1 to 8, by key id
 */
public record Envelope(String payloadType, byte[] payload, List<Signature> signatures) {
  /** The type of a statement that signs an artifact: its payload is the manifest. */
  public static final String MANIFEST = "application/vnd.kolm.manifest+json;v=1";

  /** The type of a statement about an evaluation. */
  public static final String EVAL = "application/vnd.kolm.eval+json;v=1";

  /** The type of a statement that one key follows another. */
  public static final String ROTATION = "application/vnd.kolm.key-rotation+json;v=1";

  private static final int MAX_SIGNATURES = 8;
  private static final int MAX_DEPTH = 4;
  private static final JsonLimits LIMITS = JsonLimits.DEFAULT.withBytes(2 << 20);

  /**
   * One signature.
   *
   * @param keyId of the key, a hint
   * @param publicKey the key itself, a SubjectPublicKeyInfo in DER: never a reason to trust it
   * @param bytes the signature
   */
  public record Signature(String keyId, byte[] publicKey, byte[] bytes) {}

  /** Copies the list. */
  public Envelope {
    signatures = List.copyOf(signatures);
  }

  /** A statement signed by these keys. */
  public static Envelope sign(String payloadType, byte[] payload, SigningKey... keys) {
    byte[] signed = signedBytes(payloadType, payload);
    List<Signature> signatures = new ArrayList<>();
    for (SigningKey key : keys) {
      signatures.add(signature(key.publicKey(), key.sign(signed)));
    }
    return of(payloadType, payload, signatures);
  }

  private static Signature signature(VerifyingKey key, byte[] signature) {
    return new Signature(key.id(), key.spki(), signature);
  }

  private static Envelope of(String type, byte[] payload, List<Signature> signatures) {
    List<Signature> sorted = new ArrayList<>(signatures);
    sorted.sort(Comparator.comparing(Signature::keyId));
    return new Envelope(type, payload, sorted);
  }

  /**
   * This envelope with a further signature, in place of one by the same key.
   *
   * @throws IllegalArgumentException if there are eight already
   */
  public Envelope with(VerifyingKey key, byte[] signature) {
    List<Signature> all = new ArrayList<>(signatures);
    all.removeIf(known -> known.keyId().equals(key.id()));
    all.add(signature(key, signature));
    if (all.size() > MAX_SIGNATURES) {
      throw new IllegalArgumentException("an envelope has at most 8 signatures");
    }
    return of(payloadType, payload, all);
  }

  /** An envelope with this one signature, for {@link #with} to add to. */
  public static Envelope of(
      String payloadType, byte[] payload, VerifyingKey key, byte[] signature) {
    return of(payloadType, payload, List.of(signature(key, signature)));
  }

  /** What a signature covers: the pre-authentication encoding (PAE) of DSSE. */
  public static byte[] signedBytes(String payloadType, byte[] payload) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    byte[] type = payloadType.getBytes(UTF_8);
    bytes.writeBytes("DSSEv1 %d ".formatted(type.length).getBytes(UTF_8));
    bytes.writeBytes(type);
    bytes.writeBytes(" %d ".formatted(payload.length).getBytes(UTF_8));
    bytes.writeBytes(payload);
    return bytes.toByteArray();
  }

  /** What the signatures of this envelope cover. */
  public byte[] signedBytes() {
    return signedBytes(payloadType, payload);
  }

  /**
   * Reads an envelope; no signature is verified.
   *
   * @throws JsonException if it is not canonical JSON, or not of this form
   */
  public static Envelope parse(byte[] bytes) throws JsonException {
    Json json = JsonReader.read(bytes, LIMITS.withDepth(MAX_DEPTH));
    JsonObject object = JsonObject.of(json, "");
    CanonicalJson.require(bytes, json);
    expect(object, Set.of("payload", "payloadType", "signatures"));
    List<Signature> signatures = new ArrayList<>();
    for (JsonObject one : object.objects("signatures")) {
      expect(one, Set.of("keyid", "pub", "sig"));
      if (!TrustStore.isKeyId(one.string("keyid"))) {
        throw fault(one.at("keyid"), "expected 32 hexadecimal digits");
      }
      if (!signatures.isEmpty()
          && signatures.getLast().keyId().compareTo(one.string("keyid")) >= 0) {
        throw fault(one.at("keyid"), "signatures must be sorted by key, one for each");
      }
      signatures.add(new Signature(one.string("keyid"), base64(one, "pub"), base64(one, "sig")));
    }
    if (signatures.isEmpty() || signatures.size() > MAX_SIGNATURES) {
      throw fault("/signatures", "expected 1 to 8, got " + signatures.size());
    }
    return new Envelope(object.string("payloadType"), base64(object, "payload"), signatures);
  }

  private static void expect(JsonObject object, Set<String> names) throws JsonException {
    if (!object.names().equals(names)) {
      throw fault(
          object.pointer(), "expected the fields %s, got %s".formatted(names, object.names()));
    }
  }

  /** Bytes in the one Base64 text that there is for them. */
  private static byte[] base64(JsonObject object, String name) throws JsonException {
    String text = object.string(name);
    try {
      byte[] bytes = Base64.getDecoder().decode(text.getBytes(UTF_8));
      if (Base64.getEncoder().encodeToString(bytes).equals(text)) {
        return bytes;
      }
    } catch (IllegalArgumentException e) {
      // Refused below, as what is Base64 but not the usual text of its bytes.
    }
    throw fault(object.at(name), "not Base64 with padding, in the standard alphabet");
  }

  private static JsonException fault(String pointer, String what) {
    return new JsonException(JsonException.Code.TYPE, pointer + ": " + what);
  }

  /** The envelope as canonical JSON. */
  public byte[] toBytes() {
    Base64.Encoder base64 = Base64.getEncoder();
    List<Json> signers = new ArrayList<>();
    for (Signature one : signatures) {
      signers.add(
          new Json.Obj(
              Map.of(
                  "keyid", new Json.Str(one.keyId()),
                  "pub", new Json.Str(base64.encodeToString(one.publicKey())),
                  "sig", new Json.Str(base64.encodeToString(one.bytes())))));
    }
    return CanonicalJson.write(
        new Json.Obj(
            Map.of(
                "payload", new Json.Str(base64.encodeToString(payload)),
                "payloadType", new Json.Str(payloadType),
                "signatures", new Json.Arr(signers))));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Envelope envelope && Arrays.equals(toBytes(), envelope.toBytes());
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(toBytes());
  }
}
