package ai.kolm.server.receipt;

import ai.kolm.receipt.AnswerSource;
import ai.kolm.receipt.ReceiptDraft;
import ai.kolm.receipt.ReceiptDraft.Kind;
import ai.kolm.receipt.ReceiptHash;
import ai.kolm.receipt.ReceiptId;
import ai.kolm.receipt.ReceiptIssuer;
import ai.kolm.receipt.ReceiptNonce;
import ai.kolm.receipt.ReceiptUnavailableException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The receipt of one exchange while it is made. A plain answer has one, signed when its body is
 * known. A stream has two: the open one goes into its head, the final one is signed over what was
 * sent when it ends, however it ends. For one thread.
 */
public final class ExchangeReceipt {
  /** The header that a receipt travels in. */
  public static final String HEADER = "x-kolm-receipt";

  /** The header that names the artifact that answers. */
  public static final String ARTIFACT_HEADER = "x-kolm-artifact";

  /** The header in which a client may send a nonce. */
  public static final String NONCE_HEADER = "x-kolm-nonce";

  private static final byte[] LINE_END = "\n".getBytes(StandardCharsets.US_ASCII);

  private final Supplier<ReceiptIssuer> issuer;
  private final ReceiptDraft draft;
  private final Optional<ReceiptNonce> nonce;
  private final boolean nonceRefused;
  private final long started = System.nanoTime();
  private @Nullable ReceiptHash sent;
  private long firstToken = -1;
  private boolean done;

  /**
   * @param issuer signs; may not be there before the first receipt is needed
   * @param path of the request
   * @param nonceText what the client sent as its nonce
   */
  public ExchangeReceipt(Supplier<ReceiptIssuer> issuer, String path, @Nullable String nonceText) {
    this.issuer = issuer;
    draft = new ReceiptDraft(ReceiptId.next(System.currentTimeMillis()), kind(path));
    Optional<ReceiptNonce> read = Optional.empty();
    boolean refused = false;
    if (nonceText != null) {
      try {
        read = Optional.of(ReceiptNonce.parse(nonceText));
      } catch (IllegalArgumentException e) {
        refused = true;
      }
    }
    nonce = read;
    nonceRefused = refused;
    draft.nonce(nonce);
  }

  private static Kind kind(String path) {
    return switch (path) {
      case "/v1/chat/completions" -> Kind.CHAT_COMPLETION;
      case "/v1/completions" -> Kind.COMPLETION;
      case "/v1/responses" -> Kind.RESPONSE;
      case "/v1/embeddings" -> Kind.EMBEDDING;
      case "/v1/models" -> Kind.MODELS;
      case "/healthz", "/readyz", "/metrics", "/v1/kolm/info" -> Kind.HEALTH;
      case "/.well-known/jwks.json" -> Kind.RECEIPT;
      default ->
          path.startsWith("/v1/capture/")
              ? Kind.CAPTURE
              : path.startsWith("/v1/models/")
                  ? Kind.MODELS
                  : path.startsWith("/v1/receipts/") ? Kind.RECEIPT : Kind.ERROR;
    };
  }

  /** The name of the receipt, and of the exchange. */
  public String id() {
    return draft.id();
  }

  /** Whether the client sent a nonce that is none; it must not think that it is used. */
  public boolean nonceRefused() {
    return nonceRefused;
  }

  /** The body of the request, as it came. */
  public void request(byte[] body) {
    draft.request(hash().add(body).text());
  }

  private ReceiptHash hash() {
    return new ReceiptHash(nonce);
  }

  /** What answers. */
  public void source(AnswerSource source) {
    draft.source(source);
  }

  /** Adds what only the endpoint knows. */
  public void describe(Consumer<? super ReceiptDraft> facts) {
    facts.accept(draft);
  }

  /** The answer as a user of an SDK sees it. */
  public void answer(byte[] canonical) {
    draft.answer(hash().add(canonical).text());
  }

  /** The first token of the answer is there. */
  public void firstToken() {
    if (firstToken < 0) {
      firstToken = millis();
    }
  }

  private long millis() {
    return (System.nanoTime() - started) / 1_000_000;
  }

  /** Whether an answer that is made now may be expected to get its receipt. */
  public boolean isAvailable() {
    return !draft.kind().chained() || issuer.get().isAvailable();
  }

  /**
   * The receipt of a plain answer.
   *
   * @throws ReceiptUnavailableException if there is none, and the answer must not be given
   */
  public String plain(int status, byte[] body) {
    draft.response(hash().add(body).text());
    return last(status);
  }

  /** The receipt of what is said instead of an answer that must not be given. */
  public String unlogged(int status, byte[] body) {
    draft.response(hash().add(body).text());
    draft.status(status);
    return issuer.get().finishUnlogged(draft);
  }

  private String last(int status) {
    long total = millis();
    draft.status(status);
    draft.time(firstToken < 0 ? total : firstToken, total);
    String receipt = issuer.get().finish(draft);
    done = true;
    return receipt;
  }

  /**
   * Hands the receipt over to an exchange that is passed on, and whose end another thread sees.
   *
   * @param digests whether it says what was asked and answered
   */
  public RelayedReceipt relayed(boolean digests) {
    done = true;
    return new RelayedReceipt(issuer, draft, nonce, digests);
  }

  /** The receipt with which a stream begins. */
  public String open() {
    sent = hash();
    return issuer.get().open(draft);
  }

  /** An event has been sent. */
  public void event(byte[] data) {
    ReceiptHash hash = sent;
    if (hash != null && !done) {
      hash.add(data).add(LINE_END);
    }
  }

  /** The receipt of a stream that is complete, except for the mark at its end. */
  public String complete() {
    return end(200);
  }

  /** The answer ends where it is: the stream broke, or there is nobody any more. */
  public void abandoned(String reason) {
    if (sent != null && !done) {
      draft.finish(List.of(reason));
      try {
        end(200);
      } catch (ReceiptUnavailableException e) {
        done = true;
        issuer.get().finishUnlogged(draft);
      }
    }
  }

  private String end(int status) {
    ReceiptHash hash = sent;
    if (hash == null) {
      throw new IllegalStateException("no stream was opened");
    }
    draft.response(hash.text());
    return last(status);
  }
}
