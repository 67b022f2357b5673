package ai.kolm.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.artifact.Artifact;
import ai.kolm.artifact.ArtifactContent;
import ai.kolm.artifact.ArtifactLimits;
import ai.kolm.artifact.ArtifactWriter;
import ai.kolm.artifact.Manifest;
import ai.kolm.artifact.Progress;
import ai.kolm.cli.console.Console;
import ai.kolm.cli.pull.RegisteredModel;
import ai.kolm.trust.ArtifactSigner;
import ai.kolm.trust.SigningKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Keys, signatures and policies on the command line. */
class TrustCommandsTest {
  private static final String[] QUESTION = {"hi", "--max-tokens", "2", "--temperature", "0"};

  @TempDir private Path home;

  private Path tiny;

  private KolmRun run(String... arguments) {
    return KolmRun.of(home, arguments);
  }

  private KolmRun ask(String... flags) {
    String[] all = java.util.Arrays.copyOf(QUESTION, QUESTION.length + flags.length + 2);
    System.arraycopy(QUESTION, 0, all, 2, QUESTION.length);
    System.arraycopy(flags, 0, all, 2 + QUESTION.length, flags.length);
    all[0] = "run";
    all[1] = tiny.toString();
    return run(all);
  }

  private static String ok(KolmRun run) {
    assertEquals(0, run.exitCode(), run.err() + run.out());
    return run.out();
  }

  @BeforeEach
  void pack() {
    tiny = home.resolve("tiny.kolm");
    String out =
        ok(
            run(
                "pack",
                KolmRun.chatModel().toString(),
                "--license",
                "MIT",
                "--out",
                tiny.toString()));
    assertTrue(out.contains("3 entries  signed by "), out);
  }

  /** Writes the artifact again without its signature. */
  private void strip() throws Exception {
    try (Artifact artifact = Artifact.open(tiny, ArtifactLimits.DEFAULT)) {
      ArtifactWriter.write(tiny, ArtifactContent.of(artifact), Progress.NONE);
    }
  }

  @Test
  void whatIsPackedHereIsTrustedHere() {
    String out = ok(run("verify", tiny.toString()));
    assertTrue(out.startsWith("tiny.kolm: "), out);
    assertTrue(out.contains("TRUSTED"), out);
    assertTrue(out.contains("trusted (this machine)"), out);
    assertTrue(ok(run("verify", tiny.toString(), "--json")).contains("\"verdict\":\"trusted\""));
    assertTrue(ok(run("inspect", tiny.toString())).contains("trusted (this machine)"));
    assertTrue(ok(run("inspect", tiny.toString(), "--json")).contains("\"trust\":\"trusted\""));
    ok(ask());
  }

  @Test
  void whatIsNotSignedIsRefusedWithTheWayOut() throws Exception {
    strip();
    KolmRun refused = ask();
    assertEquals(2, refused.exitCode());
    assertTrue(refused.err().contains("kolm sign " + tiny), refused.err());
    assertEquals(2, run("verify", tiny.toString()).exitCode());
    ok(ask("--allow-unsigned"));
    ok(run("sign", tiny.toString()));
    ok(ask());
  }

  @Test
  void whoIsNotKnownIsTrustedByAnActOfTheUser() throws Exception {
    String key = ok(run("keys", "show"));
    Path other = home.resolve("other");
    assertEquals(0, KolmRun.of(other, "keys", "create").exitCode());
    KolmRun unknown = KolmRun.of(other, "verify", tiny.toString());
    assertEquals(2, unknown.exitCode());
    assertTrue(unknown.out().contains("UNKNOWN SIGNER signer_unknown"), unknown.out());
    assertTrue(unknown.out().contains("kolm keys trust --from"), unknown.out());
    ok(KolmRun.of(other, "verify", tiny.toString(), "--trust", "require-signature"));
    ok(KolmRun.of(other, "keys", "trust", "--from", tiny.toString(), "--name", "lab"));
    assertTrue(ok(KolmRun.of(other, "verify", tiny.toString())).contains("trusted (lab)"));
    assertTrue(ok(KolmRun.of(other, "keys", "list")).contains("lab"));
    Path third = home.resolve("third");
    Path pem = home.resolve("key.pem");
    Files.writeString(pem, key);
    ok(KolmRun.of(third, "keys", "trust", pem.toString()));
    ok(KolmRun.of(third, "verify", tiny.toString()));
  }

  @Test
  void whatIsRevokedIsRefused() throws Exception {
    String id = ok(run("keys", "create")).strip();
    String cid = ok(run("sign", tiny.toString())).lines().toList().get(1);
    ok(run("keys", "revoke", cid, "--reason", "bad"));
    KolmRun refused = run("verify", tiny.toString());
    assertEquals(2, refused.exitCode());
    assertTrue(refused.out().contains("REVOKED cid_revoked"), refused.out());
    ok(run("keys", "revoke", id));
    assertTrue(run("verify", tiny.toString()).out().contains("key_revoked"));
    assertTrue(ok(run("keys", "list")).contains("revoked"));
    assertEquals(1, run("keys", "revoke", "nonsense").exitCode());
  }

  @Test
  void rotationKeepsTheOldKeyTrusted() {
    String old = ok(run("keys", "create")).strip();
    Path other = home.resolve("other");
    ok(KolmRun.of(other, "keys", "trust", "--from", tiny.toString()));
    String[] rotated = ok(run("keys", "rotate")).split("\\s+", -1);
    String next = ok(run("keys", "create")).strip();
    assertNotEquals(old, next);
    ok(run("verify", tiny.toString()));
    ok(run("sign", tiny.toString()));
    ok(KolmRun.of(other, "keys", "trust", "--rotation", rotated[3]));
    assertTrue(ok(KolmRun.of(other, "verify", tiny.toString())).contains(next + " trusted"));
  }

  @Test
  void aKeyElsewhereSignsTheBytesItIsGiven() throws Exception {
    strip();
    SigningKey elsewhere = SigningKey.ofSeed(new byte[32]);
    KolmRun printed = run("sign", tiny.toString(), "--print-pae");
    byte[] pae = printed.out().getBytes(UTF_8);
    try (Artifact artifact = Artifact.open(tiny, ArtifactLimits.DEFAULT)) {
      org.junit.jupiter.api.Assertions.assertArrayEquals(
          ArtifactSigner.signedBytes(artifact.manifestBytes()), pae);
    }
    Path signature = home.resolve("signature");
    Path key = home.resolve("public.pem");
    Files.write(signature, elsewhere.sign(pae));
    Files.writeString(key, elsewhere.publicKey().pem());
    ok(
        run(
            "sign",
            tiny.toString(),
            "--signature",
            signature.toString(),
            "--public-key",
            key.toString()));
    assertTrue(run("verify", tiny.toString()).out().contains(elsewhere.publicKey().id()));
    Files.write(signature, elsewhere.sign(new byte[1]));
    assertEquals(
        2,
        run(
                "sign",
                tiny.toString(),
                "--signature",
                signature.toString(),
                "--public-key",
                key.toString())
            .exitCode());
    assertEquals(64, run("sign", tiny.toString(), "--signature", signature.toString()).exitCode());
  }

  @Test
  void keysComeFromAFileOrTheEnvironment() throws Exception {
    Path elsewhere = home.resolve("elsewhere");
    ok(KolmRun.of(elsewhere, "keys", "create"));
    Path file = elsewhere.resolve("kolm/signing-key.pem");
    String id = ok(KolmRun.of(elsewhere, "keys", "create")).strip();
    assertTrue(ok(run("sign", tiny.toString(), "--key", file.toString())).contains(id));
    Map<String, String> byFile = Map.of("KOLM_SIGNING_KEY_FILE", file.toString());
    assertEquals(id, ok(KolmRun.of(home, byFile, "", "keys", "create")).strip());
    Map<String, String> byText = Map.of("KOLM_SIGNING_KEY", Files.readString(file));
    assertEquals(id, ok(KolmRun.of(home, byText, "", "keys", "create")).strip());
    if (Files.getFileStore(file).supportsFileAttributeView("posix")) {
      Files.setPosixFilePermissions(
          file, java.nio.file.attribute.PosixFilePermissions.fromString("rw-r--r--"));
      KolmRun refused = run("sign", tiny.toString(), "--key", file.toString());
      assertEquals(3, refused.exitCode());
      assertTrue(refused.err().contains("key_permissions"), refused.err());
    }
    assertEquals(3, run("sign", tiny.toString(), "--key", home + "/none").exitCode());
  }

  @Test
  void diffShowsWhatChanged() {
    Path other = home.resolve("other.kolm");
    ok(
        run(
            "pack",
            KolmRun.chatModel().toString(),
            "--license",
            "Apache-2.0",
            "--quantize",
            "q8_0",
            "--out",
            other.toString()));
    String out = ok(run("diff", tiny.toString(), other.toString()));
    assertTrue(out.contains("- entry model/weights.gguf"), out);
    assertTrue(out.contains("+ /license/id \"Apache-2.0\""), out);
    assertTrue(ok(run("diff", tiny.toString(), tiny.toString())).startsWith("same content"));
  }

  @Test
  void aPinAcceptsOneArtifactOnly() {
    String cid = ok(run("sign", tiny.toString())).lines().toList().get(1);
    ok(ask("--pin", cid));
    KolmRun refused = ask("--pin", "cidv1:sha256:" + "0".repeat(64));
    assertEquals(2, refused.exitCode());
    assertTrue(refused.err().contains("cid_mismatch"), refused.err());
    assertEquals(1, ask("--pin", "nonsense").exitCode());
  }

  @Test
  void rmRemovesFromTheStoreOnly() throws IOException {
    ok(run("pull", KolmRun.chatModel().toString(), "--license", "MIT", "--name", "a"));
    assertEquals(5, run("rm", "a", "b").exitCode());
    assertTrue(ok(run("list")).contains("a"));
    assertEquals("removed a\n", ok(run("rm", "a")));
    assertFalse(Files.exists(home.resolve("kolm/artifacts/a.kolm")));
    assertEquals(5, run("rm", tiny.toString()).exitCode());
  }

  @Test
  void whatPullMadeBeforeThereWereSignaturesIsSignedIfItIsWhatItMustBe() throws Exception {
    byte[] weights = Files.readAllBytes(KolmRun.chatModel());
    String sha256 = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(weights));
    CommandContext context =
        new CommandContext(
            new Console(
                java.io.InputStream.nullInputStream(),
                System.out,
                System.err,
                new Console.Terminals(false, false, false),
                false),
            Map.of("HOME", home.toString(), "KOLM_HOME", home.resolve("kolm").toString()),
            Restart.of(List.of()));
    strip();
    String wrong = sha256.replace(sha256.charAt(0), sha256.charAt(0) == '0' ? '1' : '0');
    assertFalse(new FirstSigning(context, List.of(registered(wrong))).sign(tiny));
    assertEquals(2, ask().exitCode());
    assertTrue(new FirstSigning(context, List.of(registered(sha256))).sign(tiny));
    ok(ask());
    assertFalse(new FirstSigning(context, List.of(registered(sha256))).sign(tiny));
  }

  private static RegisteredModel registered(String sha256) {
    return new RegisteredModel(
        "chat", "x==1", "", 1, "", sha256, 1, "MIT", Manifest.Defaults.NONE, "");
  }

  /** Only what kolm knows the digest of is signed by itself. */
  @Test
  void anUnsignedArtifactThatClaimsToBeARegisteredOneIsRefused() throws Exception {
    ok(
        run(
            "pull",
            KolmRun.chatModel().toString(),
            "--license",
            "MIT",
            "--name",
            "smollm2-135m-instruct"));
    tiny = home.resolve("kolm/artifacts/smollm2-135m-instruct.kolm");
    strip();
    KolmRun refused = ask();
    assertEquals(2, refused.exitCode());
    assertTrue(refused.err().contains("unsigned"), refused.err());
  }
}
