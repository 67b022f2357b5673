package ai.kolm.cli;

import ai.kolm.chat.ChatCompletions;
import ai.kolm.cli.console.Progress;
import ai.kolm.eval.Answer;
import ai.kolm.eval.Endpoint;
import ai.kolm.eval.EvalCase;
import ai.kolm.eval.EvalCases;
import ai.kolm.eval.EvalException;
import ai.kolm.eval.SideAnswers;
import ai.kolm.receipt.Receipt;
import ai.kolm.receipt.ReceiptException;
import ai.kolm.receipt.ReceiptIssuer;
import ai.kolm.receipt.ReceiptVerifier;
import ai.kolm.server.KolmServer;
import ai.kolm.server.ServedModel;
import ai.kolm.server.ServedModels;
import ai.kolm.server.ServerConfig;
import ai.kolm.source.ModelFiles;
import ai.kolm.trust.TrustStore;
import ai.kolm.trust.TrustedKey;
import ai.kolm.upstream.Provider;
import ai.kolm.upstream.UpstreamClient;
import ai.kolm.upstream.UpstreamTimeouts;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Asks the local model, served in this process on a real port, one question at a time. */
final class EvalLocal {
  private static final int WARM_UPS = 3;
  private static final Duration PATIENCE = Duration.ofMinutes(30);
  private static final double HOUR_MILLIS = 3_600_000;

  private final CommandContext context;
  private final ModelFiles files;
  private final ChatCompletions chat;
  private final double usdPerHour;

  /**
   * What came of it.
   *
   * @param side answers
   * @param receiptFaults answers whose receipt does not verify
   */
  record Answered(SideAnswers side, long receiptFaults) {}

  EvalLocal(CommandContext context, ModelFiles files, ChatCompletions chat, double usdPerHour) {
    this.context = context;
    this.files = files;
    this.chat = chat;
    this.usdPerHour = usdPerHour;
  }

  Answered answer(EvalCases cases) throws IOException, EvalException {
    ReceiptIssuer issuer = ReceiptIssuer.inMemory();
    ServedModel served =
        new ServedModel(
            files.id(),
            files.created(),
            chat,
            "fp_eval",
            Optional.of(ServerReceipts.source(files, chat.engine(), "fp_eval")));
    UpstreamTimeouts timeouts = new UpstreamTimeouts(Duration.ofSeconds(10), PATIENCE, PATIENCE);
    try (KolmServer server =
            new KolmServer(
                ServerConfig.DEFAULT.withAddress("127.0.0.1", 0),
                CompletableFuture.completedFuture(ServedModels.of(served)),
                CompletableFuture.completedFuture(issuer));
        UpstreamClient client = new UpstreamClient(timeouts)) {
      server.start();
      Provider provider = Provider.parse("local=http://127.0.0.1:%d/v1".formatted(server.port()));
      Endpoint endpoint = new Endpoint(client, provider, files.id(), "");
      for (int i = 0; i < WARM_UPS; i++) {
        endpoint.ask(cases.cases().get(i % cases.cases().size()));
      }
      return ask(endpoint, cases, issuer);
    }
  }

  private Answered ask(Endpoint endpoint, EvalCases cases, ReceiptIssuer issuer)
      throws EvalException {
    ReceiptVerifier verifier =
        new ReceiptVerifier(
            new TrustStore(List.of(new TrustedKey(issuer.key(), TrustedKey.Terms.OWN)), List.of()));
    List<Answer> answers = new ArrayList<>();
    int count = cases.cases().size();
    long faults = 0;
    double millis = 0;
    try (Progress progress = Progress.of(context.console(), "local", count, Long::toString)) {
      for (int i = 0; i < count; i++) {
        EvalCase one = cases.cases().get(i);
        Answer answer = endpoint.ask(one);
        answers.add(answer);
        faults += isOurs(verifier, answer) ? 0 : 1;
        millis += answer.millis();
        progress.at(i + 1);
      }
    }
    double usd = 1_000 * usdPerHour * millis / HOUR_MILLIS / count;
    return new Answered(new SideAnswers("local", answers, usd), faults);
  }

  /** Whether a receipt says that this very artifact answered; failures have none to be checked. */
  private boolean isOurs(ReceiptVerifier verifier, Answer answer) {
    if (!answer.error().isEmpty()) {
      return true;
    }
    try {
      Receipt receipt = verifier.verify(answer.receipt());
      if (files.artifact().isPresent()) {
        ReceiptVerifier.checkArtifact(receipt, files.artifact().get().cid().text());
      }
      return true;
    } catch (ReceiptException e) {
      return false;
    }
  }
}
