package ai.kolm.trust;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.trust.TrustException.Code;
import ai.kolm.trust.TrustedKey.Terms;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The private key's file, and the trust store's. */
class KeyFilesTest {
  @TempDir Path home;

  private SigningKeyFile file;
  private TrustDirectory trust;

  @BeforeEach
  void files() {
    file = new SigningKeyFile(home.resolve("signing-key.pem"));
    trust = new TrustDirectory(home.resolve("trust"));
  }

  private static Code code(org.junit.jupiter.api.function.Executable action) {
    return assertThrows(TrustException.class, action).code();
  }

  private boolean isPosix() {
    return DurableFile.isPosix(home);
  }

  @Test
  void aKeyIsMadeOnceAndTrusted() throws Exception {
    assertEquals(Code.KEY_MISSING, code(file::read));
    SigningKey key = file.readOrCreate(trust);
    assertEquals(key.publicKey(), file.readOrCreate(trust).publicKey());
    assertEquals(key.publicKey(), file.read().publicKey());
    TrustedKey own = trust.load().find(key.publicKey().id()).orElseThrow();
    assertEquals(Terms.OWN, own.terms());
    if (isPosix()) {
      assertEquals(
          "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file.path())));
    }
    try (Stream<Path> files = Files.walk(home)) {
      assertFalse(files.anyMatch(path -> path.toString().endsWith(".tmp")));
    }
  }

  @Test
  void manyWhoCreateItAtOnceHaveTheSameKey() throws Exception {
    Set<String> ids = new HashSet<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Callable<String>> all = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        all.add(() -> file.readOrCreate(trust).publicKey().id());
      }
      for (Future<String> id : threads.invokeAll(all)) {
        ids.add(id.get());
      }
    }
    assertEquals(Set.of(file.read().publicKey().id()), ids);
  }

  @Test
  void aKeyThatOthersCanReadIsRefused() throws Exception {
    file.readOrCreate(trust);
    if (isPosix()) {
      for (String permissions : List.of("rw-r-----", "rw----r--", "rw--w----")) {
        Files.setPosixFilePermissions(file.path(), PosixFilePermissions.fromString(permissions));
        assertEquals(Code.KEY_PERMISSIONS, code(file::read), permissions);
      }
    }
    Files.delete(file.path());
    Files.createDirectory(file.path());
    assertEquals(Code.KEY_PERMISSIONS, code(file::read));
  }

  @Test
  void whatIsNoKeyIsRefused() throws Exception {
    file.readOrCreate(trust);
    Files.writeString(file.path(), "-----BEGIN PRIVATE KEY-----\n*\n-----END PRIVATE KEY-----\n");
    assertEquals(Code.KEY_INVALID, code(file::read));
    Files.writeString(file.path(), "x".repeat(5_000));
    assertEquals(Code.KEY_INVALID, code(file::read));
  }

  @Test
  void termsAreKept() throws Exception {
    SigningKey key = SigningKey.generate();
    Terms terms =
        new Terms(
            Optional.of("lab"),
            OptionalLong.of(10),
            OptionalLong.of(20),
            EnumSet.of(TrustedKey.Use.EVAL),
            true);
    trust.trust(key.publicKey(), terms);
    assertEquals(terms, trust.load().find(key.publicKey().id()).orElseThrow().terms());
    assertThrows(
        IllegalArgumentException.class,
        () ->
            new Terms(
                Optional.empty(), OptionalLong.of(2), OptionalLong.of(1), Terms.ALL.uses(), false));
  }

  @Test
  void revocationsAreKept() throws Exception {
    String id = SigningKey.generate().publicKey().id();
    String cid = "cidv1:sha256:" + "a".repeat(64);
    trust.revoke(id, Instant.ofEpochSecond(5), "lost");
    trust.revoke(id, Instant.ofEpochSecond(9), "again");
    trust.revoke(cid, Instant.ofEpochSecond(6), "bad");
    // Revocations count even where no key is trusted.
    trust.trust(SigningKey.generate().publicKey(), Terms.ALL);
    TrustStore store = trust.load();
    assertEquals(new Revocation(id, 5, "lost"), store.revocation(id).orElseThrow());
    assertTrue(store.revocation(cid).orElseThrow().isOfArtifact());
    assertEquals(2, store.revoked().size());
  }

  @Test
  void aStoreThatCannotBeReadIsNotAnEmptyOne() throws Exception {
    trust.trust(SigningKey.generate().publicKey(), Terms.ALL);
    Path revoked = trust.path().resolve("revoked.json");
    for (String text :
        List.of(
            "",
            "{}",
            "{\"v\":2,\"revoked\":[]}",
            "{\"v\":1,\"revoked\":[{\"at\":1}]}",
            "{\"v\":1,\"revoked\":[{\"keyid\":\"x\",\"at\":1}]}",
            "{\"v\":1,\"revoked\":[],\"more\":1}")) {
      Files.writeString(revoked, text);
      assertEquals(Code.STORE_INVALID, code(trust::load), text);
    }
    Files.delete(revoked);
    trust.load();
    VerifyingKey key = SigningKey.generate().publicKey();
    Files.writeString(trust.path().resolve("0".repeat(32) + ".pem"), key.pem());
    assertEquals(Code.STORE_INVALID, code(trust::load));
  }

  @Test
  void aKeyFollowsAnother() throws Exception {
    SigningKey old = file.readOrCreate(trust);
    Path retired = home.resolve("retired");
    Path statement = KeyRotation.rotate(file, retired, trust, Instant.ofEpochSecond(7));
    SigningKey next = file.read();
    assertNotEquals(old.publicKey(), next.publicKey());
    SigningKeyFile kept = new SigningKeyFile(retired.resolve(old.publicKey().id() + ".pem"));
    assertEquals(old.publicKey(), kept.read().publicKey());
    assertTrue(trust.load().find(next.publicKey().id()).isPresent());
    TrustStore elsewhere =
        new TrustStore(List.of(new TrustedKey(old.publicKey(), Terms.ALL)), List.of());
    KeyRotation rotation = KeyRotation.read(statement, elsewhere);
    assertEquals(new KeyRotation(old.publicKey().id(), next.publicKey(), 7), rotation);
    assertThrows(TrustException.class, () -> KeyRotation.read(statement, TrustStore.EMPTY));
    byte[] changed = Files.readAllBytes(statement);
    String text = new String(changed, UTF_8).replace("\"sig\":\"", "\"sig\":\"A");
    Files.writeString(statement, text);
    assertThrows(TrustException.class, () -> KeyRotation.read(statement, elsewhere));
  }
}
