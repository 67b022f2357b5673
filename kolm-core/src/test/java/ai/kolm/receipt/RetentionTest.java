package ai.kolm.receipt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.receipt.ReceiptDraft.Kind;
import ai.kolm.receipt.ReceiptException.Code;
import ai.kolm.receipt.ReceiptLog.Sync;
import ai.kolm.trust.SigningKey;
import ai.kolm.trust.TrustStore;
import ai.kolm.trust.TrustedKey;
import ai.kolm.trust.TrustedKey.Terms;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Old segments go, and what is left is verified as before; what must be logged is, or not said. */
class RetentionTest {
  private static final SigningKey KEY = SigningKey.ofSeed(new byte[32]);
  private static final ReceiptVerifier VERIFIER =
      new ReceiptVerifier(
          new TrustStore(List.of(new TrustedKey(KEY.publicKey(), Terms.ALL)), List.of()));
  private static final Duration DAY = Duration.ofDays(1);

  @TempDir private Path folder;

  private ReceiptIssuer issuer;

  @BeforeEach
  void open() throws Exception {
    issuer =
        new ReceiptIssuer(
            KEY,
            List.of(),
            Optional.of(ReceiptLog.open(folder, Sync.ALWAYS, 2_000)),
            InstantSource.system());
    for (int i = 0; i < 40; i++) {
      answer(issuer);
    }
  }

  private static String answer(ReceiptIssuer from) {
    ReceiptDraft draft = new ReceiptDraft(from.nextId(), Kind.CHAT_COMPLETION);
    draft.status(200);
    return from.finish(draft);
  }

  private List<Path> segments() throws IOException {
    return LogDirectory.segments(folder);
  }

  private LogVerification verify() throws Exception {
    return LogVerification.of(folder, VERIFIER, Optional.empty());
  }

  @Test
  void oldSegmentsGoAndTheRestIsWhole() throws Exception {
    List<Path> before = segments();
    assertTrue(before.size() > 6, "segments: " + before);
    for (Path old : before.subList(0, 3)) {
      Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(DAY.multipliedBy(2))));
    }
    assertEquals(3, issuer.trim(new LogRetention(DAY, Long.MAX_VALUE)));
    assertEquals(before.subList(3, before.size()), segments());
    assertEquals(0, issuer.trim(new LogRetention(DAY, Long.MAX_VALUE)));
    answer(issuer);
    LogVerification left = verify();
    assertEquals(41, left.last());
    assertTrue(left.receipts() < 41);
    issuer.close();
    try (ReceiptLog again = ReceiptLog.open(folder, Sync.OFF)) {
      assertEquals(0, again.cutBytes());
    }
  }

  @Test
  void tooLargeALogLosesItsOldestSegments() throws Exception {
    assertTrue(issuer.trim(new LogRetention(DAY, 5_000)) > 0);
    long bytes = 0;
    for (Path segment : segments()) {
      bytes += Files.size(segment);
    }
    assertTrue(bytes <= 5_000, bytes + " bytes");
    assertEquals(40, verify().last());
    issuer.trim(new LogRetention(DAY, 1));
    assertEquals(1, segments().size(), "the one that is written to stays");
    assertEquals(40, verify().last());
    issuer.close();
  }

  @Test
  void whatWasRemovedWithoutAStatementIsMissed() throws Exception {
    issuer.trim(new LogRetention(DAY, 5_000));
    Path first = segments().getFirst();
    Files.delete(first);
    assertEquals(Code.CHAIN_BROKEN, refusal());
    issuer.close();
  }

  @Test
  void aStatementByNobodyCountsForNothing() throws Exception {
    List<Path> all = segments();
    ChainLink next = LogDirectory.lastOf(all.getFirst()).orElseThrow();
    Files.delete(all.getFirst());
    assertEquals(Code.CHAIN_BROKEN, refusal());
    SigningKey stranger = SigningKey.generate();
    new Truncation(next).write(folder, stranger, Instant.now());
    assertEquals(Code.SIGNER_UNKNOWN, refusal());
    Files.delete(folder.resolve("truncated"));
    new Truncation(new ChainLink(next.chain(), next.seq(), ReceiptHash.NONE))
        .write(folder, KEY, Instant.now());
    assertEquals(Code.CHAIN_BROKEN, refusal());
    Files.delete(folder.resolve("truncated"));
    new Truncation(next).write(folder, KEY, Instant.now());
    assertEquals(40, verify().last());
    Path file = folder.resolve("truncated");
    byte[] bytes = Files.readAllBytes(file);
    for (int i = 0; i < bytes.length - 1; i++) {
      byte[] damaged = bytes.clone();
      damaged[i] ^= 1;
      Files.write(file, damaged);
      refusal();
    }
    issuer.close();
  }

  private Code refusal() {
    return assertThrows(ReceiptException.class, this::verify).code();
  }

  @Test
  void whatMustBeLoggedIsLoggedOrNotSaid() throws Exception {
    issuer.close();
    ReceiptLog log = ReceiptLog.open(folder, Sync.ALWAYS);
    ReceiptIssuer strict = ReceiptIssuer.requiring(KEY, List.of(), log, InstantSource.system());
    answer(strict);
    assertTrue(strict.isAvailable());
    log.close(); // as good as a full disk: nothing can be written
    assertThrows(ReceiptUnavailableException.class, () -> answer(strict));
    assertFalse(strict.isAvailable());
    ReceiptDraft models = new ReceiptDraft(strict.nextId(), Kind.MODELS);
    assertTrue(VERIFIER.verify(strict.finish(models)).link().isEmpty());
    ReceiptDraft instead = new ReceiptDraft(strict.nextId(), Kind.CHAT_COMPLETION);
    assertEquals("failed", VERIFIER.verify(strict.finishUnlogged(instead)).text("log").orElse(""));
    assertEquals(41, verify().last());
  }
}
