package ai.kolm.receipt;

import ai.kolm.receipt.ReceiptDraft.Kind;
import ai.kolm.receipt.ReceiptLog.Sync;
import ai.kolm.trust.SigningKey;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/** Writes receipts, and each to the standard output once it has it, until it is killed. */
final class ReceiptWriterProcess {
  private ReceiptWriterProcess() {}

  public static void main(String[] args) throws Exception {
    ReceiptIssuer issuer =
        new ReceiptIssuer(
            SigningKey.ofSeed(new byte[32]),
            List.of(),
            Optional.of(ReceiptLog.open(Path.of(args[0]), Sync.BATCH)),
            InstantSource.system());
    while (true) {
      ReceiptDraft draft = new ReceiptDraft(issuer.nextId(), Kind.CHAT_COMPLETION);
      draft.status(200);
      System.out.println(issuer.finish(draft) + ";");
      System.out.flush();
    }
  }
}
