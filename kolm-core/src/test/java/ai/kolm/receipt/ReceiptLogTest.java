package ai.kolm.receipt;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.file.StandardOpenOption.APPEND;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.receipt.ReceiptDraft.Kind;
import ai.kolm.receipt.ReceiptException.Code;
import ai.kolm.receipt.ReceiptLog.Sync;
import ai.kolm.trust.Revocation;
import ai.kolm.trust.SigningKey;
import ai.kolm.trust.TrustStore;
import ai.kolm.trust.TrustedKey;
import ai.kolm.trust.TrustedKey.Terms;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The audit log: chained, complete, and there after whatever happens to the process. */
class ReceiptLogTest {
  private static final SigningKey KEY = SigningKey.ofSeed(new byte[32]);
  private static final SigningKey OTHER =
      SigningKey.ofSeed("01234567890123456789012345678901".getBytes(US_ASCII));
  private static final ReceiptVerifier VERIFIER = verifier();

  @TempDir Path home;

  private Path folder;

  @BeforeEach
  void log() {
    folder = home.resolve("log");
  }

  private static ReceiptVerifier verifier(Revocation... revoked) {
    return new ReceiptVerifier(
        new TrustStore(
            Stream.of(KEY, OTHER).map(k -> new TrustedKey(k.publicKey(), Terms.ALL)).toList(),
            List.of(revoked)));
  }

  private static ReceiptIssuer issuer(SigningKey key, ReceiptLog log) {
    return new ReceiptIssuer(key, List.of(), Optional.of(log), InstantSource.system());
  }

  private ReceiptLog open() throws Exception {
    return ReceiptLog.open(folder, Sync.BATCH);
  }

  private static String answer(ReceiptIssuer issuer) {
    ReceiptDraft draft = new ReceiptDraft(issuer.nextId(), Kind.CHAT_COMPLETION);
    draft.status(200);
    return issuer.finish(draft);
  }

  private List<String> write(int count) throws Exception {
    List<String> receipts = new ArrayList<>();
    try (ReceiptIssuer issuer = issuer(KEY, open())) {
      for (int i = 0; i < count; i++) {
        receipts.add(answer(issuer));
      }
    }
    return receipts;
  }

  private LogVerification verify() throws Exception {
    return LogVerification.of(folder, VERIFIER, Optional.empty());
  }

  private Code refusal(Optional<Receipt> kept) {
    return assertThrows(ReceiptException.class, () -> LogVerification.of(folder, VERIFIER, kept))
        .code();
  }

  @Test
  void receiptsAreChainedAcrossStarts() throws Exception {
    List<String> first = write(5);
    List<String> second = write(3);
    LogVerification found = verify();
    assertEquals(8, found.receipts());
    assertEquals(8, found.last());
    assertEquals(1, found.chains());
    Receipt last = VERIFIER.verify(second.getLast());
    assertEquals(8, last.number("seq").orElseThrow());
    assertEquals(ReceiptHash.NONE, VERIFIER.verify(first.getFirst()).text("prev").orElseThrow());
    List<String> read = new ArrayList<>();
    LogVerification.read(folder, receipt -> read.add(receipt.jws()));
    assertEquals(Stream.concat(first.stream(), second.stream()).toList(), read);
  }

  @Test
  void linesGoOnWhereABlockOfTheFileEnds() throws Exception {
    List<String> written = write(400);
    assertTrue(Files.size(folder.resolve("1.log")) > 2 * 65_536);
    assertEquals(400, verify().receipts());
    try (ReceiptIssuer issuer = issuer(KEY, open())) {
      for (String jws : written) {
        Object found = issuer.find(VERIFIER.verify(jws).id());
        assertEquals(new ReceiptIssuer.Found.Receipt(jws), found);
      }
      assertEquals(401, VERIFIER.verify(answer(issuer)).number("seq").orElseThrow());
    }
    Files.writeString(folder.resolve("1.log"), "K1 " + "x".repeat(70_000), APPEND);
    assertEquals(Code.LOG_DAMAGED, assertThrows(ReceiptException.class, this::open).code());
  }

  @Test
  void onlyAnswersAreLogged() throws Exception {
    try (ReceiptIssuer issuer = issuer(KEY, open())) {
      String models = issuer.finish(new ReceiptDraft(issuer.nextId(), Kind.MODELS));
      assertTrue(VERIFIER.verify(models).link().isEmpty());
      answer(issuer);
    }
    assertEquals(1, verify().receipts());
  }

  @Test
  void whereThereIsNoLogNothingIsVerified() throws Exception {
    assertFalse(LogVerification.isLog(folder));
    assertEquals(Code.LOG_MISSING, refusal(Optional.empty()));
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("truncated"), "");
    assertEquals(Code.LOG_MISSING, refusal(Optional.empty()));
    write(0);
    assertTrue(LogVerification.isLog(folder));
    assertEquals(0, verify().receipts());
  }

  @Test
  void receiptsAreFoundByNameAlsoAfterAStart() throws Exception {
    String id = VERIFIER.verify(write(2).getFirst()).id();
    try (ReceiptIssuer issuer = issuer(KEY, open())) {
      assertTrue(issuer.find(id) instanceof ReceiptIssuer.Found.Receipt);
      ReceiptDraft draft = new ReceiptDraft(issuer.nextId(), Kind.CHAT_COMPLETION);
      issuer.open(draft);
      assertTrue(issuer.find(draft.id()) instanceof ReceiptIssuer.Found.Open);
      assertEquals(new ReceiptIssuer.Found.Receipt(issuer.finish(draft)), issuer.find(draft.id()));
      assertTrue(issuer.find(issuer.nextId()) instanceof ReceiptIssuer.Found.Unknown);
    }
  }

  @Test
  void fullSegmentsAreFollowedByOthers() throws Exception {
    for (int start = 0; start < 2; start++) {
      try (ReceiptIssuer issuer = issuer(KEY, ReceiptLog.open(folder, Sync.ALWAYS, 2_000))) {
        for (int i = 0; i < 10; i++) {
          answer(issuer);
        }
      }
    }
    assertTrue(LogDirectory.segments(folder).size() > 3);
    assertEquals(20, verify().receipts());
    // A process that dies after it has begun a segment leaves an empty one.
    Files.createFile(folder.resolve("21.log"));
    write(1);
    assertEquals(21, verify().receipts());
    assertEquals(1, verify().chains());
  }

  @Test
  void oneProcessAtATime() throws Exception {
    try (ReceiptLog log = open()) {
      assertThrows(LogInUseException.class, this::open);
      assertEquals(0, log.cutBytes());
    }
    open().close();
  }

  @Test
  void aLineThatWasNotWrittenToItsEndIsCut() throws Exception {
    List<String> receipts = write(3);
    Path segment = folder.resolve("1.log");
    byte[] whole = Files.readAllBytes(segment);
    int last = LogLine.of(receipts.getLast()).length();
    for (int cut : new int[] {1, 2, last / 2, last - 1}) {
      Files.write(segment, java.util.Arrays.copyOf(whole, whole.length - cut));
      assertEquals(last - cut, verify().tornBytes());
      try (ReceiptIssuer issuer = issuer(KEY, open())) {
        answer(issuer);
      }
      assertEquals(3, verify().receipts());
      assertEquals(0, verify().tornBytes());
    }
  }

  @Test
  void whatIsDamagedElsewhereIsNotRepaired() throws Exception {
    write(3);
    Path segment = folder.resolve("1.log");
    byte[] whole = Files.readAllBytes(segment);
    int damaged = 0;
    for (int at = 0; at < whole.length / 2; at += 7) {
      byte[] changed = whole.clone();
      changed[at] ^= 1;
      Files.write(segment, changed);
      assertEquals(Code.LOG_DAMAGED, assertThrows(ReceiptException.class, this::open).code());
      assertThrows(ReceiptException.class, this::verify);
      damaged++;
    }
    assertTrue(damaged > 50);
  }

  /** Whoever can write the file can keep the checksums right, but not the chain. */
  @Test
  void aForgedOrderIsFound() throws Exception {
    List<String> receipts = write(6);
    Optional<Receipt> kept = Optional.of(VERIFIER.verify(receipts.getLast()));
    Optional<Receipt> none = Optional.empty();
    lines(receipts, 0, 1, 2, 3, 4, 5);
    assertEquals(6, LogVerification.of(folder, VERIFIER, kept).receipts());
    lines(receipts, 1, 2, 3, 4, 5);
    assertEquals(Code.CHAIN_BROKEN, refusal(none), "cut at its head");
    lines(receipts, 0, 1, 3, 4, 5);
    assertEquals(Code.CHAIN_BROKEN, refusal(none), "one missing");
    lines(receipts, 0, 1, 1, 2, 3, 4, 5);
    assertEquals(Code.CHAIN_BROKEN, refusal(none), "one twice");
    lines(receipts, 0, 2, 1, 3, 4, 5);
    assertEquals(Code.CHAIN_BROKEN, refusal(none), "two exchanged");
    lines(receipts, 0, 1, 2, 3);
    assertEquals(4, verify().receipts());
    assertEquals(Code.CHAIN_BROKEN, refusal(kept), "cut at its end, which one receipt tells");
    lines(receipts);
    assertEquals(Code.CHAIN_BROKEN, refusal(kept), "emptied");
  }

  @Test
  void aForkIsFound() throws Exception {
    List<String> receipts = write(3);
    Path segment = folder.resolve("1.log");
    lines(receipts, 0, 1);
    List<String> fork = write(1);
    String forked = Files.readString(segment, US_ASCII) + LogLine.of(receipts.get(2));
    Files.writeString(segment, forked, US_ASCII);
    assertEquals(Code.CHAIN_BROKEN, refusal(Optional.empty()));
    assertTrue(forked.contains(fork.getFirst()));
  }

  private void lines(List<String> receipts, int... order) throws IOException {
    StringBuilder text = new StringBuilder();
    for (int i : order) {
      text.append(LogLine.of(receipts.get(i)));
    }
    Files.writeString(folder.resolve("1.log"), text, US_ASCII);
  }

  /** What a revoked key signed counts only where a receipt by another key follows. */
  @Test
  void aLaterReceiptVouchesForThoseOfARevokedKey() throws Exception {
    write(2);
    ReceiptVerifier revoked = verifier(new Revocation(KEY.publicKey().id(), 1, "lost"));
    assertEquals(
        Code.KEY_REVOKED,
        assertThrows(
                ReceiptException.class, () -> LogVerification.of(folder, revoked, Optional.empty()))
            .code());
    try (ReceiptIssuer issuer = issuer(OTHER, open())) {
      answer(issuer);
    }
    LogVerification found = LogVerification.of(folder, revoked, Optional.empty());
    assertEquals(3, found.receipts());
    assertEquals(2, found.keys().size());
  }

  @Test
  void receiptsThatCannotBeLoggedSaySo() throws Exception {
    ReceiptLog log = open();
    try (ReceiptIssuer issuer = issuer(KEY, log)) {
      answer(issuer);
      log.close();
      Receipt receipt = VERIFIER.verify(answer(issuer));
      assertEquals(Optional.of("failed"), receipt.text("log"));
      assertTrue(receipt.link().isEmpty());
    }
    assertEquals(1, verify().receipts());
  }

  @Test
  void aKilledProcessLosesNothingThatWasGivenOut() throws Exception {
    kill(6);
  }

  @Test
  @Tag("nightly")
  void aKilledProcessLosesNothingThatWasGivenOutAtManyPoints() throws Exception {
    kill(200);
  }

  private void kill(int points) throws Exception {
    Random random = new Random(points);
    long acknowledged = 0;
    int torn = 0;
    for (int point = 0; point < points; point++) {
      // Logs of several lives, but not of so many that reading them is all there is.
      folder = home.resolve("log" + point / 3);
      List<String> seen = runAndKill(5 + random.nextInt(60));
      acknowledged += seen.size();
      try (ReceiptLog log = open()) {
        torn += log.cutBytes() > 0 ? 1 : 0;
      }
      List<String> kept = new ArrayList<>();
      LogVerification.read(folder, receipt -> kept.add(receipt.jws()));
      assertTrue(kept.containsAll(seen), "a receipt is lost after kill " + point);
      assertEquals(kept.size(), verify().receipts());
    }
    System.out.printf(
        "receipts: killed %d times, %d acknowledged receipts, none lost, %d torn lines cut%n",
        points, acknowledged, torn);
    assertTrue(acknowledged > points);
  }

  /** What a child acknowledged until it was killed, {@code millis} after its first receipt. */
  private List<String> runAndKill(int millis) throws Exception {
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xshare:auto",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                ReceiptWriterProcess.class.getName(),
                folder.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    List<String> seen = new ArrayList<>();
    try (BufferedReader out =
        new BufferedReader(new InputStreamReader(child.getInputStream(), US_ASCII))) {
      String line = out.readLine();
      assertTrue(line != null, "the child wrote nothing");
      seen.add(line);
      Thread.sleep(millis);
      // Of the handle, not of the process: that would close the pipe from which is read.
      child.toHandle().destroyForcibly();
      for (line = out.readLine(); line != null; line = out.readLine()) {
        if (line.endsWith(";")) {
          seen.add(line);
        }
      }
    } catch (IOException e) {
      // The pipe of a killed process may break instead of ending.
    }
    child.waitFor();
    return seen.stream().map(line -> line.substring(0, line.length() - 1)).toList();
  }
}
