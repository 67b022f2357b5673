package ai.kolm.benchmarks;

import ai.kolm.json.Json;
import ai.kolm.receipt.AnswerSource;
import ai.kolm.receipt.ReceiptDraft;
import ai.kolm.receipt.ReceiptDraft.Kind;
import ai.kolm.receipt.ReceiptException;
import ai.kolm.receipt.ReceiptHash;
import ai.kolm.receipt.ReceiptIssuer;
import ai.kolm.receipt.ReceiptLog;
import ai.kolm.receipt.ReceiptVerifier;
import ai.kolm.trust.SigningKey;
import ai.kolm.trust.TrustStore;
import ai.kolm.trust.TrustedKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What a receipt adds to a response: digests of a request of 2 kB and a response of 3 kB, the
 * signature, and the line of the audit log; and what its verification costs. Every trial verifies
 * one.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ReceiptBenchmark {
  private static final byte[] REQUEST = new byte[2_000];
  private static final byte[] RESPONSE = new byte[3_000];

  private ReceiptIssuer issuer;
  private ReceiptVerifier verifier;
  private String receipt;

  /** Opens a log in a temporary directory. */
  @Setup(Level.Trial)
  public void open() throws IOException, ReceiptException {
    Path directory = Files.createTempDirectory("receipts");
    SigningKey key = SigningKey.generate();
    ReceiptLog log = ReceiptLog.open(directory, ReceiptLog.Sync.BATCH);
    issuer = new ReceiptIssuer(key, List.of(), Optional.of(log), InstantSource.system());
    verifier =
        new ReceiptVerifier(
            new TrustStore(
                List.of(new TrustedKey(key.publicKey(), TrustedKey.Terms.ALL)), List.of()));
    receipt = issue();
    verifier.verify(receipt);
  }

  /** Closes the log. */
  @TearDown(Level.Trial)
  public void close() {
    issuer.close();
  }

  /** One receipt, all of it. */
  @Benchmark
  public String issue() {
    ReceiptDraft draft = new ReceiptDraft(issuer.nextId(), Kind.CHAT_COMPLETION);
    draft.request(ReceiptHash.plain(REQUEST));
    draft.source(
        new AnswerSource(
            Optional.of("cidv1:sha256:" + "0".repeat(64)),
            "model.kolm",
            "trusted",
            Optional.of(ReceiptHash.plain(REQUEST)),
            "kolm/0.1.0+000000000000",
            "emitted",
            "D1",
            "fp_0123456789"));
    draft.params(new Json.Obj(Map.of("temperature", new Json.Real(0.2), "seed", new Json.Int(42))));
    draft.usage(10, 0, 20);
    draft.finish(List.of("stop"));
    draft.status(200);
    draft.time(1, 2);
    draft.response(ReceiptHash.plain(RESPONSE));
    draft.answer(ReceiptHash.plain(RESPONSE));
    return issuer.finish(draft);
  }

  /** Its verification, offline. */
  @Benchmark
  public Object verify() throws ReceiptException {
    return verifier.verify(receipt);
  }
}
