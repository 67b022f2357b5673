package ai.kolm.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.model.TinyModels;
import ai.kolm.prompt.Message;
import ai.kolm.receipt.LogVerification;
import ai.kolm.receipt.Receipt;
import ai.kolm.receipt.ReceiptIssuer;
import ai.kolm.receipt.ReceiptLog;
import ai.kolm.receipt.ReceiptUnavailableException;
import ai.kolm.receipt.ReceiptVerifier;
import ai.kolm.trust.ArtifactGate;
import ai.kolm.trust.SigningKey;
import ai.kolm.trust.TrustStore;
import ai.kolm.trust.TrustedKey;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Answers in process come with receipts that a verifier accepts, and that tell them apart. */
class ReceiptedChatTest {
  private static final RunOptions OPTIONS = RunOptions.DEFAULT.withKernels("scalar").withThreads(1);

  @TempDir private Path folder;

  /** Where kernels may round prompts coarsely, receipts say so: D0. */
  @Test
  void aReceiptSaysHowExactTheAnswerIs() throws Exception {
    Path model = TinyModels.copy("chat/chat.gguf", folder);
    RunOptions exact = RunOptions.DEFAULT.withThreads(1);
    RunOptions fast = exact.withFastPrompts();
    for (RunOptions options : List.of(OPTIONS, fast, exact)) {
      try (ReceiptIssuer issuer = ReceiptIssuer.inMemory();
          ReceiptedChat chat = ReceiptedChat.open(model, ArtifactGate.OPEN, options, issuer)) {
        String jws = chat.complete(ChatRequest.of(Message.user("hi")).withMaxTokens(1)).receipt();
        ReceiptVerifier verifier =
            new ReceiptVerifier(
                new TrustStore(
                    List.of(new TrustedKey(issuer.key(), TrustedKey.Terms.ALL)), List.of()));
        Receipt receipt = verifier.verify(jws);
        String level = receipt.text("det").orElseThrow();
        assertEquals(chat.chat().engine().determinism(), level);
        String kernels = receipt.text("krn").orElseThrow();
        if (!options.equals(fast) || !kernels.startsWith("emitted")) {
          assertEquals("D1", level, kernels);
        } else if (kernels.contains("vnni")) {
          assertEquals("D0", level, kernels);
        }
      }
    }
  }

  @Test
  void anAnswerHasItsReceipt() throws Exception {
    SigningKey key = SigningKey.generate();
    ReceiptVerifier verifier =
        new ReceiptVerifier(
            new TrustStore(
                List.of(new TrustedKey(key.publicKey(), TrustedKey.Terms.ALL)), List.of()));
    ReceiptLog log = ReceiptLog.open(folder.resolve("log"), ReceiptLog.Sync.ALWAYS);
    ReceiptIssuer issuer = ReceiptIssuer.requiring(key, List.of(), log, InstantSource.system());
    Path model = TinyModels.copy("chat/chat.gguf", folder);
    ChatRequest request = ChatRequest.of(Message.user("secret words")).withMaxTokens(6);
    try (ReceiptedChat chat = ReceiptedChat.open(model, ArtifactGate.OPEN, OPTIONS, issuer)) {
      ReceiptedChat.Answer first = chat.complete(request);
      Receipt receipt = verifier.verify(first.receipt());
      assertEquals(Optional.of("chat.gguf"), receipt.text("model"));
      assertEquals(Optional.of("local-file"), receipt.text("trust"));
      assertEquals(Optional.of(ReceiptedChat.digest(request.messages())), receipt.text("req"));
      Message answered = first.response().choices().getFirst().message();
      assertEquals(Optional.of(ReceiptedChat.digest(List.of(answered))), receipt.text("out"));
      assertEquals(1, receipt.link().orElseThrow().seq());
      assertFalse(receipt.payload().toString().contains("secret"));
      assertTrue(receipt.payload().members().containsKey("usage"));
      Receipt second = verifier.verify(chat.complete(request).receipt());
      assertEquals(2, second.link().orElseThrow().seq());
      assertEquals(
          2, LogVerification.of(folder.resolve("log"), verifier, Optional.of(second)).receipts());
      log.close();
      assertThrows(ReceiptUnavailableException.class, () -> chat.complete(request));
    }
  }
}
