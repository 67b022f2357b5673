package ai.kolm.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.receipt.ReceiptDraft;
import ai.kolm.receipt.ReceiptDraft.Kind;
import ai.kolm.receipt.ReceiptHash;
import ai.kolm.receipt.ReceiptIssuer;
import ai.kolm.receipt.ReceiptLog;
import ai.kolm.trust.SigningKeyFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code kolm receipt} over a log that a server has left. */
class ReceiptCommandTest {
  private static final byte[] REQUEST = "{\"a\":1}".getBytes(UTF_8);

  @TempDir private Path home;

  private Path log;
  private Path file;
  private String id = "";

  private KolmRun run(String... arguments) {
    return KolmRun.of(home, arguments);
  }

  private static String ok(KolmRun run) {
    assertEquals(0, run.exitCode(), run.err());
    return run.out();
  }

  @BeforeEach
  void serve() throws Exception {
    ok(run("keys", "create"));
    log = home.resolve("kolm/receipts/8765");
    file = home.resolve("receipt.jws");
    try (ReceiptIssuer issuer =
        new ReceiptIssuer(
            new SigningKeyFile(home.resolve("kolm/signing-key.pem")).read(),
            List.of(),
            Optional.of(ReceiptLog.open(log, ReceiptLog.Sync.BATCH)),
            InstantSource.system())) {
      for (int i = 0; i < 3; i++) {
        ReceiptDraft draft = new ReceiptDraft(issuer.nextId(), Kind.CHAT_COMPLETION);
        draft.request(ReceiptHash.plain(REQUEST));
        draft.status(200);
        id = draft.id();
        Files.writeString(file, issuer.finish(draft));
      }
    }
  }

  @Test
  void receiptsAreListedShownAndExported() throws Exception {
    String list = ok(run("receipt", "list"));
    assertEquals(4, list.lines().count());
    assertTrue(list.contains(id) && list.contains("chat.completion"), list);
    assertTrue(ok(run("receipt", "show", id)).contains("\"seq\":3"));
    assertEquals(Files.readString(file) + "\n", ok(run("receipt", "export", id)));
    assertEquals(3, ok(run("receipt", "export")).lines().count());
    assertEquals(5, run("receipt", "show", "rcpt_0").exitCode());
  }

  @Test
  void aReceiptIsVerifiedWithWhatItIsAbout() throws Exception {
    Path request = home.resolve("request.json");
    Files.write(request, REQUEST);
    String out = ok(run("receipt", "verify", file.toString(), "--request", request.toString()));
    assertTrue(out.startsWith("OK  " + id) && out.contains("fits request"), out);
    Files.writeString(request, "{}");
    KolmRun other = run("receipt", "verify", file.toString(), "--request", request.toString());
    assertEquals(2, other.exitCode());
    assertTrue(other.err().contains("request_mismatch"), other.err());
    assertEquals(
        2, KolmRun.of(home.resolve("other"), "receipt", "verify", file.toString()).exitCode());
    assertEquals(64, run("receipt", "verify").exitCode());
    assertEquals(5, run("receipt", "verify", home + "/none").exitCode());
  }

  @Test
  void aLogIsVerifiedAsAWhole() throws Exception {
    String out =
        ok(run("receipt", "verify", "--log", log.toString(), "--contains", file.toString()));
    assertTrue(out.startsWith("OK  3 receipts, 1 keys, 1 chains"), out);
    Path segment = log.resolve("1.log");
    List<String> lines = Files.readAllLines(segment);
    Files.writeString(segment, lines.get(0) + "\n" + lines.get(1) + "\n");
    ok(run("receipt", "verify", "--log", log.toString()));
    assertEquals(
        2,
        run("receipt", "verify", "--log", log.toString(), "--contains", file.toString())
            .exitCode());
    Files.writeString(segment, lines.get(0) + "\n" + lines.get(2) + "\n");
    KolmRun gap = run("receipt", "verify", "--log", log.toString());
    assertEquals(2, gap.exitCode());
    assertTrue(gap.err().contains("chain_broken"), gap.err());
  }

  /** Nothing to verify is not the same as nothing wrong. */
  @Test
  void aFolderWithoutALogIsNoLogWithoutFaults() throws Exception {
    Path nothing = Files.createDirectories(home.resolve("kolm/receipts/nothing"));
    KolmRun around = run("receipt", "verify", "--log", home.resolve("kolm/receipts").toString());
    assertEquals(5, around.exitCode(), around.out() + around.err());
    assertEquals("", around.out());
    assertTrue(
        around.err().contains("no audit log is there, expected files like 1.log")
            && around.err().strip().endsWith("there are logs in its folders 8765"),
        around.err());
    KolmRun empty = run("receipt", "verify", "--log", nothing.toString());
    assertEquals(5, empty.exitCode(), empty.out() + empty.err());
    assertTrue(empty.err().strip().endsWith("expected files like 1.log"), empty.err());
    KolmRun kept =
        run(
            "receipt",
            "verify",
            "--log",
            home.resolve("kolm/receipts").toString(),
            "--contains",
            file.toString());
    assertEquals(5, kept.exitCode(), kept.out() + kept.err());
    // A server that has answered nothing yet.
    ReceiptLog.open(home.resolve("kolm/receipts/1"), ReceiptLog.Sync.OFF).close();
    String none = ok(run("receipt", "verify", "--log", home + "/kolm/receipts/1"));
    assertTrue(none.startsWith("OK  0 receipts"), none);
  }
}
