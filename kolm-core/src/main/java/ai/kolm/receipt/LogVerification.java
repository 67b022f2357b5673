package ai.kolm.receipt;

import ai.kolm.receipt.ReceiptException.Code;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What the verification of a whole audit log found.
 *
 * @param receipts how many there are, after those that were removed with a signed statement
 * @param last number of the last
 * @param keys ids of the keys that signed them
 * @param chains how many chains there are: more than one where a disk failed in between
 * @param tornBytes of a line at the end that was not written completely
 */
public record LogVerification(
    long receipts, long last, Set<String> keys, int chains, long tornBytes) {
  /** Copies the set. */
  public LogVerification {
    keys = Set.copyOf(keys);
  }

  /**
   * Verifies every receipt of a log: its checksum, its signature, and that it follows the one
   * before it.
   *
   * @param verifier with the keys that are trusted
   * @param kept a receipt that somebody kept: it must be in the log. Without one, a log that was
   *     cut at its end cannot be told from a whole one
   * @throws ReceiptException at the first that is wrong; the message has its number or place; also
   *     if there is no log
   */
  public static LogVerification of(Path directory, ReceiptVerifier verifier, Optional<Receipt> kept)
      throws IOException, ReceiptException {
    List<Path> segments = LogDirectory.segments(directory);
    if (segments.isEmpty()) { // nothing was verified: that is not to pass for a log without faults
      throw new ReceiptException(
          Code.LOG_MISSING,
          "%s holds no audit log: expected files like 1.log".formatted(directory));
    }
    Walk walk = new Walk(verifier, kept, Truncation.read(directory, verifier));
    for (Path segment : segments) {
      if (walk.torn > 0) {
        throw new ReceiptException(
            Code.LOG_DAMAGED, "a segment before %s ends within a line".formatted(segment));
      }
      long end =
          LogDirectory.read(
              segment,
              (line, offset) ->
                  walk.next(
                      LogLine.parse(line)
                          .orElseThrow(() -> LogDirectory.damaged(segment, offset))));
      walk.torn = java.nio.file.Files.size(segment) - end;
    }
    if (walk.revoked != null) {
      throw new ReceiptException(
          Code.KEY_REVOKED,
          "receipt %s is by a revoked key, and none by another key follows"
              .formatted(walk.revoked.id()));
    }
    if (kept.isPresent() && !walk.foundKept) {
      throw new ReceiptException(
          Code.CHAIN_BROKEN,
          "receipt %s, which was kept, is not in the log".formatted(kept.get().id()));
    }
    return walk.result();
  }

  /** From receipt to receipt. */
  private static final class Walk {
    private final ReceiptVerifier verifier;
    private final Optional<Receipt> kept;
    private final List<Truncation> truncations;
    private final Set<String> keys = new TreeSet<>();
    private @Nullable ChainLink expected;
    private @Nullable Receipt revoked;
    private long count;
    private long last;
    private long torn;
    private int chains;

    private boolean foundKept;

    Walk(ReceiptVerifier verifier, Optional<Receipt> kept, List<Truncation> truncations) {
      this.truncations = List.copyOf(truncations);
      this.verifier = verifier;
      this.kept = kept;
    }

    void next(String jws) throws ReceiptException {
      Receipt receipt = verifier.verifySignature(jws);
      ChainLink link =
          receipt
              .link()
              .orElseThrow(
                  () -> new ReceiptException(Code.CHAIN_BROKEN, receipt.id() + " has no place"));
      ChainLink before = expected == null ? first(link) : expected;
      if (link.seq() != before.seq() || !link.prev().equals(before.prev())) {
        throw new ReceiptException(
            Code.CHAIN_BROKEN,
            "expected receipt %d after %s, got %d after %s"
                .formatted(before.seq(), before.prev(), link.seq(), link.prev()));
      }
      if (count == 0 || !link.chain().equals(before.chain())) {
        chains++;
      }
      last = link.seq();
      foundKept = foundKept || kept.filter(one -> one.jws().equals(jws)).isPresent();
      // What a revoked key signed counts if a receipt by another one vouches for it.
      revoked = verifier.isRevoked(receipt) ? receipt : null;
      keys.add(receipt.keyId());
      expected = link.after(jws);
      count++;
    }

    /** Where a log begins: at its first receipt, or where what came before was removed. */
    private ChainLink first(ChainLink found) {
      return truncations.stream()
          .map(Truncation::next)
          .filter(next -> next.seq() == found.seq())
          .findFirst()
          .orElseGet(() -> new ChainLink(found.chain(), 1, ReceiptHash.NONE));
    }

    LogVerification result() {
      return new LogVerification(count, last, keys, chains, torn);
    }
  }

  /** Whether {@code directory} holds a log, perhaps one without receipts yet. */
  public static boolean isLog(Path directory) throws IOException {
    return !LogDirectory.segments(directory).isEmpty();
  }

  /** What is done with a receipt of a log. */
  @FunctionalInterface
  public interface Reader {
    /** A receipt, in order; its signature is not verified. */
    void receipt(Receipt receipt);
  }

  /** Reads all receipts of a log, in order, without verifying them. */
  public static void read(Path directory, Reader reader) throws IOException, ReceiptException {
    for (Path segment : LogDirectory.segments(directory)) {
      LogDirectory.read(
          segment,
          (line, offset) -> {
            String jws =
                LogLine.parse(line).orElseThrow(() -> LogDirectory.damaged(segment, offset));
            reader.receipt(Receipt.of(jws, Jws.parse(jws)));
          });
    }
  }
}
