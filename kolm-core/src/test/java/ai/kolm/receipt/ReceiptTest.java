package ai.kolm.receipt;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.json.CanonicalJson;
import ai.kolm.json.Json;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonReader;
import ai.kolm.receipt.ReceiptDraft.Kind;
import ai.kolm.receipt.ReceiptException.Code;
import ai.kolm.trust.Revocation;
import ai.kolm.trust.SigningKey;
import ai.kolm.trust.TrustStore;
import ai.kolm.trust.TrustedKey;
import ai.kolm.trust.TrustedKey.Terms;
import ai.kolm.trust.VerifyingKey;
import java.io.InputStream;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Receipts against the vectors of the format, and every way in which one can be wrong. */
class ReceiptTest {
  private static final SigningKey KEY = key(0);
  private static final SigningKey STRANGER = key(32);
  private static final TrustStore STORE = trusting(Terms.ALL);
  private static final ReceiptVerifier VERIFIER = new ReceiptVerifier(STORE);
  private static final byte[] REQUEST = "{\"question\":1}".getBytes(UTF_8);
  private static final byte[] RESPONSE = "{\"answer\":2}".getBytes(UTF_8);

  private static SigningKey key(int from) {
    byte[] seed = new byte[32];
    for (int i = 0; i < seed.length; i++) {
      seed[i] = (byte) (from + i);
    }
    return SigningKey.ofSeed(seed);
  }

  private static TrustStore trusting(Terms terms, Revocation... revoked) {
    return new TrustStore(List.of(new TrustedKey(KEY.publicKey(), terms)), List.of(revoked));
  }

  private static JsonObject vectors() throws Exception {
    try (InputStream in = ReceiptTest.class.getResourceAsStream("/golden/trust/receipts.json")) {
      return JsonReader.readObject(Objects.requireNonNull(in).readAllBytes(), JsonLimits.DEFAULT);
    }
  }

  private static ReceiptIssuer issuer() {
    return new ReceiptIssuer(KEY, List.of(), Optional.empty(), InstantSource.system());
  }

  private static String plain() {
    return plain(Optional.empty());
  }

  private static String plain(Optional<ReceiptNonce> nonce) {
    ReceiptIssuer issuer = issuer();
    ReceiptDraft draft = new ReceiptDraft(issuer.nextId(), Kind.CHAT_COMPLETION);
    draft.nonce(nonce);
    draft.request(new ReceiptHash(nonce).add(REQUEST).text());
    draft.response(new ReceiptHash(nonce).add(RESPONSE).text());
    draft.usage(3, 1, 2);
    draft.finish(List.of("stop"));
    draft.status(200);
    draft.time(1, 2);
    return issuer.finish(draft);
  }

  @Test
  void theVectorsVerify() throws Exception {
    JsonObject vectors = vectors();
    Receipt open = VERIFIER.verify(vectors.string("open"));
    Receipt last = VERIFIER.verify(vectors.string("final"));
    assertEquals(vectors.get("final_payload"), sorted(vectors, last));
    byte[] request = vectors.string("request").getBytes(UTF_8);
    ReceiptVerifier.checkRequest(open, request, Optional.empty());
    ReceiptVerifier.checkRequest(last, request, Optional.empty());
    ReceiptVerifier.checkOpen(last, open);
    ReceiptHash events = new ReceiptHash(Optional.empty());
    for (String data : vectors.strings("data_payloads")) {
      events.add((data + "\n").getBytes(UTF_8));
    }
    assertEquals(last.text("res"), Optional.of(events.text()));
    byte[] answer = vectors.string("answer").getBytes(UTF_8);
    assertEquals(last.text("out"), Optional.of(ReceiptHash.plain(answer)));
    JsonObject blinded = vectors.object("blinded_req");
    ReceiptNonce nonce = ReceiptNonce.parse(blinded.string("nonce"));
    assertEquals(blinded.string("req"), new ReceiptHash(Optional.of(nonce)).add(request).text());
    assertEquals(blinded.string("nonce_sha256"), nonce.digest());
    String keys = new String(issuer().keySet(), UTF_8);
    assertTrue(keys.contains(vectors.object("jwk").string("x")), keys);
  }

  /** The vectors list members in another order; what they say is compared. */
  private static Json sorted(JsonObject vectors, Receipt receipt) throws Exception {
    Json.Obj expected = (Json.Obj) vectors.get("final_payload");
    assertEquals(
        new TreeMap<>(expected.members()).keySet(),
        new TreeMap<>(receipt.payload().members()).keySet());
    assertEquals(
        new String(CanonicalJson.write(expected), UTF_8),
        new String(CanonicalJson.write(receipt.payload()), UTF_8));
    return expected;
  }

  private static String resigned(String jws, SigningKey key, Map<String, Json> changes) {
    try {
      Json.Obj payload = (Json.Obj) JsonReader.read(Jws.parse(jws).payload(), JsonLimits.DEFAULT);
      Map<String, Json> members = new LinkedHashMap<>(payload.members());
      changes.forEach(
          (name, value) -> {
            if (value instanceof Json.Null) {
              members.remove(name);
            } else {
              members.put(name, value);
            }
          });
      return Jws.sign(Jws.header(key), CanonicalJson.write(new Json.Obj(members)), key);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static String withHeader(String jws, String header) {
    String encoded =
        Base64.getUrlEncoder().withoutPadding().encodeToString(header.getBytes(US_ASCII));
    String payload = jws.split("\\.", -1)[1];
    String input = encoded + "." + payload;
    return input
        + "."
        + Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(KEY.sign(input.getBytes(US_ASCII)));
  }

  private static String withPayload(String text) {
    return Jws.sign(Jws.header(KEY), text.getBytes(UTF_8), KEY);
  }

  private interface Check {
    void run() throws ReceiptException;
  }

  private static void refused(List<String> done, String name, Code code, Check check) {
    ReceiptException e = assertThrows(ReceiptException.class, check::run, name);
    assertEquals(code, e.code(), name + ": " + e.getMessage());
    done.add(name);
  }

  private static void refused(List<String> done, String name, Code code, String jws) {
    refused(done, name, code, () -> VERIFIER.verify(jws));
  }

  /** Receipts that are wrong, by name; those of logs are in {@link ReceiptLogTest}. */
  @Test
  void negativeCases() throws Exception {
    List<String> done = new ArrayList<>();
    String good = plain();
    VERIFIER.verify(good);
    String[] parts = good.split("\\.", -1);
    forms(done, good, parts);
    headers(done, good);
    payloads(done, good);
    keys(done, good);
    links(done, good);
    System.out.printf("receipts: %d negative cases refused%n", done.size());
    assertTrue(done.size() >= 40, done.toString());
  }

  private static void forms(List<String> done, String good, String[] parts) {
    refused(done, "empty", Code.RECEIPT_FORM, "");
    refused(done, "two parts", Code.RECEIPT_FORM, parts[0] + "." + parts[1]);
    refused(done, "four parts", Code.RECEIPT_FORM, good + ".");
    refused(done, "padding", Code.RECEIPT_FORM, good + "==");
    refused(done, "line end", Code.RECEIPT_FORM, good + "\n");
    refused(done, "too long", Code.RECEIPT_FORM, good + "A".repeat(5_000));
    refused(done, "no signature", Code.SIGNATURE_INVALID, parts[0] + "." + parts[1] + ".");
    refused(
        done,
        "short signature",
        Code.SIGNATURE_INVALID,
        parts[0] + "." + parts[1] + "." + "A".repeat(80));
    refused(
        done,
        "zero signature",
        Code.SIGNATURE_INVALID,
        parts[0] + "." + parts[1] + "." + "A".repeat(86));
    refused(done, "standard alphabet", Code.RECEIPT_FORM, parts[0] + "." + parts[1] + ".++++");
    refused(
        done,
        "signature of another",
        Code.SIGNATURE_INVALID,
        parts[0] + "." + parts[1] + "." + plain().split("\\.", -1)[2]);
  }

  private static void headers(List<String> done, String good) {
    String id = KEY.publicKey().id();
    String head = "{\"alg\":\"%s\",\"kid\":\"%s\",\"typ\":\"%s\"}";
    Code header = Code.RECEIPT_HEADER;
    for (String alg : List.of("none", "HS256", "ES256", "Ed25519", "eddsa")) {
      refused(
          done,
          "alg " + alg,
          header,
          withHeader(good, head.formatted(alg, id, "kolm-receipt+jws")));
    }
    for (String typ : List.of("JWT", "kolm-truncation+jws", "")) {
      refused(done, "typ " + typ, header, withHeader(good, head.formatted("EdDSA", id, typ)));
    }
    refused(done, "no kid", header, withHeader(good, "{\"alg\":\"EdDSA\",\"typ\":\"x\"}"));
    String more =
        head.formatted("EdDSA", id, "kolm-receipt+jws").replace("}", ",\"crit\":[\"b64\"]}");
    refused(done, "crit", header, withHeader(good, more));
    String jwk = head.formatted("EdDSA", id, "kolm-receipt+jws").replace("{", "{\"jwk\":{},");
    refused(done, "key in the header", header, withHeader(good, jwk));
  }

  private static void payloads(List<String> done, String good) {
    Code payload = Code.RECEIPT_PAYLOAD;
    refused(done, "not JSON", payload, withPayload("nothing"));
    refused(done, "an array", payload, withPayload("[]"));
    refused(done, "white space", payload, withPayload("{ }"));
    refused(done, "duplicate key", payload, withPayload("{\"v\":1,\"v\":1}"));
    refused(done, "trailing text", payload, withPayload("{\"v\":1}{}"));
    refused(done, "deep", payload, withPayload("{\"v\":[[[[[[1]]]]]]}"));
    refused(done, "large number", payload, withPayload("{\"v\":9007199254740993}"));
    refused(done, "version 2", Code.RECEIPT_VERSION, resign(good, "v", new Json.Int(2)));
    refused(done, "version 0", Code.RECEIPT_VERSION, resign(good, "v", new Json.Int(0)));
    refused(done, "no version", payload, resign(good, "v", new Json.Null()));
    refused(done, "no id", payload, resign(good, "id", new Json.Null()));
    refused(done, "id of another form", payload, resign(good, "id", new Json.Str("rcpt_1")));
    refused(done, "no time", payload, resign(good, "iat", new Json.Null()));
    refused(done, "unknown phase", payload, resign(good, "phase", new Json.Str("middle")));
    refused(done, "unknown field", payload, resign(good, "user", new Json.Str("x")));
    refused(done, "renamed field", payload, resign(good, "Req", new Json.Str("x")));
    refused(done, "seq alone", payload, resign(good, "seq", new Json.Int(1)));
  }

  private static String resign(String good, String name, Json value) {
    return resigned(good, KEY, Map.of(name, value));
  }

  private static void keys(List<String> done, String good) {
    String strange = resigned(good, STRANGER, Map.of());
    refused(done, "unknown key", Code.SIGNER_UNKNOWN, strange);
    Revocation revoked = new Revocation(KEY.publicKey().id(), 1, "lost");
    refused(
        done,
        "revoked key",
        Code.KEY_REVOKED,
        () -> new ReceiptVerifier(trusting(Terms.ALL, revoked)).verify(good));
    Terms old =
        new Terms(
            Optional.empty(), OptionalLong.empty(), OptionalLong.of(9), Terms.ALL.uses(), false);
    refused(
        done,
        "after the window of the key",
        Code.KEY_EXPIRED,
        () -> new ReceiptVerifier(trusting(old)).verify(good));
    refused(
        done,
        "before the window of the key",
        Code.KEY_EXPIRED,
        () ->
            new ReceiptVerifier(
                    trusting(
                        new Terms(
                            Optional.empty(),
                            OptionalLong.of(1_000),
                            OptionalLong.empty(),
                            Terms.ALL.uses(),
                            false)))
                .verify(resign(good, "iat", new Json.Int(5))));
    Terms artifacts =
        new Terms(
            Optional.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            EnumSet.of(TrustedKey.Use.ARTIFACT),
            false);
    refused(
        done,
        "key for other uses",
        Code.SIGNER_UNKNOWN,
        () -> new ReceiptVerifier(trusting(artifacts)).verify(good));
  }

  private static void links(List<String> done, String good) throws ReceiptException {
    Receipt receipt = VERIFIER.verify(good);
    Optional<ReceiptNonce> none = Optional.empty();
    ReceiptVerifier.checkRequest(receipt, REQUEST, none);
    ReceiptVerifier.checkResponse(receipt, RESPONSE, none);
    byte[] changed = RESPONSE.clone();
    changed[3] ^= 1;
    refused(
        done,
        "response changed by one bit",
        Code.RESPONSE_MISMATCH,
        () -> ReceiptVerifier.checkResponse(receipt, changed, none));
    refused(
        done,
        "response of no length",
        Code.RESPONSE_MISMATCH,
        () -> ReceiptVerifier.checkResponse(receipt, new byte[0], none));
    refused(
        done,
        "other request",
        Code.REQUEST_MISMATCH,
        () -> ReceiptVerifier.checkRequest(receipt, RESPONSE, none));
    refused(
        done,
        "artifact that did not answer",
        Code.ARTIFACT_MISMATCH,
        () -> ReceiptVerifier.checkArtifact(receipt, "cidv1:sha256:" + "0".repeat(64)));
    Optional<ReceiptNonce> nonce = Optional.of(new ReceiptNonce(new byte[16]));
    Optional<ReceiptNonce> other = Optional.of(new ReceiptNonce(new byte[17]));
    Receipt blinded = VERIFIER.verify(plain(nonce));
    ReceiptVerifier.checkRequest(blinded, REQUEST, nonce);
    refused(
        done,
        "nonce of another",
        Code.LINK_MISMATCH,
        () -> ReceiptVerifier.checkRequest(blinded, REQUEST, other));
    refused(
        done,
        "nonce not sent",
        Code.LINK_MISMATCH,
        () -> ReceiptVerifier.checkRequest(receipt, REQUEST, nonce));
    refused(
        done,
        "final of another stream",
        Code.LINK_MISMATCH,
        () -> ReceiptVerifier.checkOpen(receipt, blinded));
  }

  /** Each byte, in turn, another: 20 receipts, every position. */
  @Test
  void anyByteThatChangesRefusesIt() {
    int flips = 0;
    for (int n = 0; n < 20; n++) {
      byte[] good = plain().getBytes(US_ASCII);
      for (int at = 0; at < good.length; at++) {
        byte[] changed = good.clone();
        changed[at] ^= 1;
        String text = new String(changed, US_ASCII);
        assertThrows(ReceiptException.class, () -> VERIFIER.verify(text));
        flips++;
      }
    }
    System.out.printf("receipts: %d single-byte changes refused%n", flips);
    assertTrue(flips > 10_000);
  }

  @Test
  void whatIsSignedVerifies() throws Exception {
    roundTrips(2_000);
  }

  @Test
  @Tag("nightly")
  void whatIsSignedVerifiesManyTimes() throws Exception {
    roundTrips(100_000);
  }

  /** Random receipts verify, by Bouncy Castle and by the JDK. */
  private static void roundTrips(int count) throws Exception {
    Random random = new Random(count);
    ReceiptIssuer issuer = issuer();
    List<Kind> kinds = List.of(Kind.values());
    for (int i = 0; i < count; i++) {
      ReceiptDraft draft =
          new ReceiptDraft(issuer.nextId(), kinds.get(random.nextInt(kinds.size())));
      draft.request(ReceiptHash.plain("" + random.nextLong()));
      draft.usage(random.nextInt(9_999), random.nextInt(99), random.nextInt(9_999));
      draft.error("type \" \\ \u00e9 " + random.nextInt(), Optional.of("code" + i));
      draft.status(random.nextInt(600));
      String jws = issuer.finish(draft);
      Receipt receipt = VERIFIER.verify(jws);
      assertEquals(draft.id(), receipt.id());
      if (i % 100 == 0) {
        assertTrue(byJdk(Jws.parse(jws)), jws);
      }
    }
  }

  private static boolean byJdk(Jws jws) throws Exception {
    VerifyingKey key = KEY.publicKey();
    Signature verifier = Signature.getInstance("Ed25519");
    verifier.initVerify(
        KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(key.spki())));
    verifier.update(jws.signingInput());
    return verifier.verify(jws.signature());
  }

  /** A receipt that would be too long loses what is least needed, never a digest. */
  @Test
  void aReceiptStaysWithinItsLength() throws Exception {
    ReceiptIssuer issuer = issuer();
    ReceiptDraft draft = new ReceiptDraft(issuer.nextId(), Kind.CHAT_COMPLETION);
    Map<String, Json> params = new TreeMap<>();
    for (int i = 0; i < 200; i++) {
      params.put("parameter" + i, new Json.Int(i));
    }
    draft.params(new Json.Obj(params));
    draft.request(ReceiptHash.plain(REQUEST));
    draft.response(ReceiptHash.plain(RESPONSE));
    String jws = issuer.finish(draft);
    assertTrue(jws.length() <= Jws.MAX_LENGTH);
    Receipt receipt = VERIFIER.verify(jws);
    assertTrue(receipt.text("req").isPresent() && receipt.text("res").isPresent());
    assertFalse(receipt.payload().members().containsKey("params"));
  }
}
