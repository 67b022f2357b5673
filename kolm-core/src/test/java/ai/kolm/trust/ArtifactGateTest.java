package ai.kolm.trust;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.artifact.Artifact;
import ai.kolm.artifact.ArtifactException;
import ai.kolm.artifact.ArtifactException.Code;
import ai.kolm.artifact.ArtifactLimits;
import ai.kolm.artifact.ArtifactVectors;
import ai.kolm.artifact.Cid;
import ai.kolm.artifact.Progress;
import ai.kolm.json.JsonObject;
import ai.kolm.trust.TrustedKey.Terms;
import ai.kolm.trust.VerificationReport.Status;
import ai.kolm.trust.VerificationReport.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which artifacts each policy accepts, and why it refuses the others. */
class ArtifactGateTest {
  private static final SigningKey KEY = key(0);
  private static final SigningKey STRANGER = key(32);
  private static final InstantSource CLOCK = InstantSource.fixed(Instant.ofEpochSecond(2_000));

  @TempDir Path folder;

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

  private VerificationReport verify(byte[] file, TrustStore store, TrustPolicy policy)
      throws IOException {
    Path path = folder.resolve("x.kolm");
    Files.write(path, file);
    return new ArtifactGate(store, policy, CLOCK).verify(path, 1, Progress.NONE);
  }

  private void refused(byte[] file, TrustStore store, Verdict verdict, Code code)
      throws IOException {
    VerificationReport report = verify(file, store, TrustPolicy.TRUSTED_KEYS);
    assertEquals(Optional.of(code.id()), report.code());
    assertEquals(verdict, report.verdict());
    assertFalse(report.accepted());
    assertEquals(1, report.checks().stream().filter(c -> c.status() == Status.FAIL).count());
  }

  private static byte[] signed(byte[] envelope) {
    return ArtifactVectors.attested(
        ArtifactVectors.manifest(), Map.of(ArtifactGate.ENVELOPE, envelope));
  }

  private static Envelope envelope(SigningKey... keys) {
    return Envelope.sign(Envelope.MANIFEST, ArtifactVectors.manifest(), keys);
  }

  @Test
  void theEnvelopeOfTheVectorsIsMadeAgain() throws Exception {
    byte[] manifest = ArtifactVectors.manifest();
    assertEquals(ArtifactVectors.text("envelope"), new String(envelope(KEY).toBytes(), UTF_8));
    assertEquals(
        ArtifactVectors.text("pae_sha256"),
        java.util.HexFormat.of()
            .formatHex(
                java.security.MessageDigest.getInstance("SHA-256")
                    .digest(ArtifactSigner.signedBytes(manifest))));
  }

  @Test
  void allChecksOfASoundArtifactPass() throws Exception {
    VerificationReport report =
        verify(ArtifactVectors.tiny(), trusting(Terms.OWN), TrustPolicy.TRUSTED_KEYS);
    assertTrue(report.accepted());
    assertEquals(Verdict.TRUSTED, report.verdict());
    assertEquals(Optional.of(ArtifactVectors.text("cid")), report.cid());
    assertEquals(Optional.of("this machine"), report.signers().getFirst().name());
    assertEquals(
        List.of("container", "envelope", "signatures", "policy", "manifest", "digests", "eval"),
        report.checks().stream().map(VerificationReport.Check::id).toList());
    assertTrue(report.toJson().members().containsKey("checks"));
    assertTrue(report.bytesHashed() > 0);
  }

  /** All 35 files of the format, with the codes that it gives them. */
  @Test
  void everyDefectOfTheFormatHasItsCode() throws Exception {
    Map<String, byte[]> files = ArtifactVectors.negative();
    int count = 0;
    for (JsonObject expected : ArtifactVectors.vectors().objects("negative")) {
      String name = expected.string("name");
      VerificationReport report =
          verify(
              Objects.requireNonNull(files.get(name)),
              trusting(Terms.ALL),
              TrustPolicy.TRUSTED_KEYS);
      // No parser sees what is not signed as it stands: these are signed, so they come to it.
      assertEquals(Optional.of(expected.string("code")), report.code(), name);
      count++;
    }
    System.out.printf("artifact vectors with signatures: %d of %d refused%n", count, files.size());
    assertEquals(35, count);
  }

  @Test
  void aManifestThatIsNotTheSignedOneIsRefused() throws Exception {
    byte[] other = ArtifactVectors.manifestWith("created", new ai.kolm.json.Json.Int(7));
    byte[] file =
        ArtifactVectors.attested(other, Map.of(ArtifactGate.ENVELOPE, envelope(KEY).toBytes()));
    refused(file, trusting(Terms.ALL), Verdict.INVALID, Code.MANIFEST_MISMATCH);
  }

  @Test
  void policiesRelaxPresenceAndIdentity() throws Exception {
    byte[] unsigned = ArtifactVectors.attested(ArtifactVectors.manifest(), Map.of());
    byte[] strange = signed(envelope(STRANGER).toBytes());
    TrustStore store = trusting(Terms.ALL);
    refused(unsigned, store, Verdict.UNSIGNED, Code.UNSIGNED);
    refused(strange, store, Verdict.UNKNOWN_SIGNER, Code.SIGNER_UNKNOWN);
    assertEquals(
        Optional.of("unsigned"), verify(unsigned, store, TrustPolicy.REQUIRE_SIGNATURE).code());
    VerificationReport known = verify(strange, store, TrustPolicy.REQUIRE_SIGNATURE);
    assertEquals(Verdict.UNKNOWN_SIGNER, known.verdict());
    assertTrue(known.accepted());
    assertTrue(verify(unsigned, store, TrustPolicy.UNSIGNED_OK).accepted());
    assertEquals(Verdict.UNSIGNED, verify(unsigned, store, TrustPolicy.UNSIGNED_OK).verdict());
  }

  @Test
  void aWrongSignatureIsRefusedUnderEveryPolicy() throws Exception {
    Envelope good = envelope(KEY);
    byte[] wrong = good.signatures().getFirst().bytes().clone();
    wrong[0] ^= 1;
    byte[] file = signed(envelope(STRANGER).with(KEY.publicKey(), wrong).toBytes());
    for (TrustPolicy policy : TrustPolicy.values()) {
      assertEquals(
          Optional.of("signature_invalid"), verify(file, trusting(Terms.ALL), policy).code());
    }
  }

  @Test
  void aKeyInTheEnvelopeIsNoReasonToTrustIt() throws Exception {
    Envelope good = envelope(KEY);
    Envelope.Signature one = good.signatures().getFirst();
    Envelope.Signature swapped =
        new Envelope.Signature(one.keyId(), STRANGER.publicKey().spki(), one.bytes());
    byte[] file =
        signed(new Envelope(Envelope.MANIFEST, good.payload(), List.of(swapped)).toBytes());
    refused(file, trusting(Terms.ALL), Verdict.INVALID, Code.KEY_INVALID);
    byte[] small = KEY.publicKey().spki();
    Arrays.fill(small, 12, 44, (byte) 0);
    small[12] = 1;
    Envelope.Signature order = new Envelope.Signature(one.keyId(), small, one.bytes());
    file = signed(new Envelope(Envelope.MANIFEST, good.payload(), List.of(order)).toBytes());
    refused(file, trusting(Terms.ALL), Verdict.INVALID, Code.KEY_INVALID);
  }

  @Test
  void revokedAndExpiredKeysDoNotCount() throws Exception {
    byte[] tiny = ArtifactVectors.tiny();
    Revocation key = new Revocation(KEY.publicKey().id(), 1, "lost");
    refused(tiny, trusting(Terms.ALL, key), Verdict.REVOKED, Code.KEY_REVOKED);
    Revocation cid = new Revocation(ArtifactVectors.text("cid"), 1, "bad");
    refused(tiny, trusting(Terms.ALL, cid), Verdict.REVOKED, Code.CID_REVOKED);
    refused(tiny, trusting(window(0, 1_699)), Verdict.UNKNOWN_SIGNER, Code.KEY_EXPIRED);
    refused(tiny, trusting(window(2_301, 9_000)), Verdict.UNKNOWN_SIGNER, Code.KEY_EXPIRED);
    assertTrue(verify(tiny, trusting(window(2_300, 9_000)), TrustPolicy.TRUSTED_KEYS).accepted());
    Terms receipts =
        new Terms(
            Optional.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            EnumSet.of(TrustedKey.Use.RECEIPT),
            false);
    refused(tiny, trusting(receipts), Verdict.UNKNOWN_SIGNER, Code.SIGNER_UNKNOWN);
    byte[] both = signed(envelope(KEY, STRANGER).toBytes());
    TrustStore other =
        new TrustStore(List.of(new TrustedKey(STRANGER.publicKey(), Terms.ALL)), List.of(key));
    assertTrue(verify(both, other, TrustPolicy.TRUSTED_KEYS).accepted());
    for (TrustPolicy policy : TrustPolicy.values()) {
      assertEquals(
          Optional.of("key_revoked"), verify(tiny, trusting(Terms.ALL, key), policy).code());
    }
  }

  private static Terms window(long from, long to) {
    return new Terms(
        Optional.empty(), OptionalLong.of(from), OptionalLong.of(to), Terms.ALL.uses(), false);
  }

  @Test
  void aPinRefusesEveryOtherArtifact() throws Exception {
    Path file = folder.resolve("tiny.kolm");
    Files.write(file, ArtifactVectors.tiny());
    ArtifactGate gate = new ArtifactGate(trusting(Terms.ALL), TrustPolicy.TRUSTED_KEYS, CLOCK);
    gate.withPin(new Cid(ArtifactVectors.text("cid"))).open(file).close();
    Cid other = new Cid("cidv1:sha256:" + "0".repeat(64));
    ArtifactException e =
        assertThrows(ArtifactException.class, () -> gate.withPin(other).open(file).close());
    assertEquals(Code.CID_MISMATCH, e.code());
  }

  @Test
  void onlyATrustedEvaluationMakesItReady() throws Exception {
    assertTrue(withEval(KEY, statement(ArtifactVectors.text("cid"), "true")).productionReady());
    assertFalse(withEval(KEY, statement(ArtifactVectors.text("cid"), "false")).productionReady());
    assertFalse(
        withEval(STRANGER, statement(ArtifactVectors.text("cid"), "true")).productionReady());
    VerificationReport other = withEval(KEY, statement("cidv1:sha256:" + "0".repeat(64), "true"));
    assertEquals(Optional.of("manifest_mismatch"), other.code());
  }

  private static String statement(String cid, String passed) {
    return "{\"cid\":\"%s\",\"passed\":%s,\"v\":1}".formatted(cid, passed);
  }

  private VerificationReport withEval(SigningKey key, String statement) throws IOException {
    Map<String, byte[]> attestations = new HashMap<>();
    attestations.put(ArtifactGate.ENVELOPE, envelope(KEY).toBytes());
    attestations.put(
        ArtifactGate.EVAL, Envelope.sign(Envelope.EVAL, statement.getBytes(UTF_8), key).toBytes());
    return verify(
        ArtifactVectors.attested(ArtifactVectors.manifest(), attestations),
        trusting(Terms.ALL),
        TrustPolicy.TRUSTED_KEYS);
  }

  @Test
  void signingAddsToWhatIsThereAndKeepsTheCid() throws Exception {
    Path file = folder.resolve("signed.kolm");
    Files.write(file, ArtifactVectors.attested(ArtifactVectors.manifest(), Map.of()));
    sign(file, KEY);
    assertArrayEquals(ArtifactVectors.tiny(), Files.readAllBytes(file));
    sign(file, KEY);
    assertArrayEquals(ArtifactVectors.tiny(), Files.readAllBytes(file));
    sign(file, STRANGER);
    assertArrayEquals(signed(envelope(KEY, STRANGER).toBytes()), Files.readAllBytes(file));
    try (Artifact artifact = Artifact.open(file, ArtifactLimits.DEFAULT)) {
      assertEquals(ArtifactVectors.text("cid"), artifact.cid().text());
      byte[] ofAnother = KEY.sign(new byte[3]);
      assertThrows(
          TrustException.class,
          () -> ArtifactSigner.add(artifact, file, KEY.publicKey(), ofAnother, Progress.NONE));
    }
  }

  /** Whatever manifest can be read can be signed: one of 1 MiB, of 1.4 MB in Base64. */
  @Test
  void theLargestManifestCanBeSigned() throws Exception {
    int rest = (1 << 20) - ArtifactVectors.manifest().length - ",\"x-note\":\"\"".length();
    byte[] manifest =
        ArtifactVectors.manifestWith("x-note", new ai.kolm.json.Json.Str("a".repeat(rest)));
    assertEquals(1 << 20, manifest.length);
    Path file = folder.resolve("large.kolm");
    Files.write(file, ArtifactVectors.attested(manifest, Map.of()));
    sign(file, KEY);
    VerificationReport report =
        verify(Files.readAllBytes(file), trusting(Terms.ALL), TrustPolicy.TRUSTED_KEYS);
    assertEquals(Optional.empty(), report.code());
    assertTrue(report.accepted());
  }

  private static void sign(Path file, SigningKey key) throws Exception {
    try (Artifact artifact = Artifact.open(file, ArtifactLimits.DEFAULT)) {
      ArtifactSigner.sign(artifact, file, key, Progress.NONE);
    }
  }
}
