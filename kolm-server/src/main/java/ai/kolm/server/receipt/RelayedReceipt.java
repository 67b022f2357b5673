package ai.kolm.server.receipt;

import ai.kolm.json.Json;
import ai.kolm.receipt.ReceiptDraft;
import ai.kolm.receipt.ReceiptHash;
import ai.kolm.receipt.ReceiptIssuer;
import ai.kolm.receipt.ReceiptNonce;
import ai.kolm.receipt.ReceiptUnavailableException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The receipt of an exchange that is passed on to a provider: an open one in the head of the
 * answer, the final one when the exchange is recorded, found by its id. Digests are those of the
 * bytes that were passed on; of a stream without content coding, its data. Each step by one thread,
 * one after the other.
 */
public final class RelayedReceipt {
  private static final String STREAM = "text/event-stream";

  private final Supplier<ReceiptIssuer> issuer;
  private final ReceiptDraft draft;
  private final Optional<ReceiptHash> request;
  private final Optional<ReceiptHash> response;
  private final long started = System.nanoTime();
  private @Nullable SseDataHash stream;
  private boolean asked;
  private boolean opened;
  private @Nullable String prepared;
  private int status;
  private long firstByte;
  private Json usage = new Json.Null();

  RelayedReceipt(
      Supplier<ReceiptIssuer> issuer,
      ReceiptDraft draft,
      Optional<ReceiptNonce> nonce,
      boolean digests) {
    this.issuer = issuer;
    this.draft = draft;
    request = digests ? Optional.of(new ReceiptHash(nonce)) : Optional.empty();
    response = digests ? Optional.of(new ReceiptHash(nonce)) : Optional.empty();
  }

  /** Bytes of the request have been passed on. */
  public void request(byte[] bytes, int offset, int count) {
    if (request.isPresent()) {
      asked = true;
      byte[] piece = Arrays.copyOfRange(bytes, offset, offset + count);
      request.get().add(piece);
    }
  }

  /** The request is complete: signs the receipt of {@link #open} while the provider thinks. */
  public void prepare() {
    if (asked) {
      request.ifPresent(hash -> draft.request(hash.text()));
    }
    prepared = issuer.get().signOpen(draft);
  }

  /** The receipt with which the answer begins. */
  public String open() {
    firstByte = millis();
    String signed = prepared;
    if (signed == null) {
      prepare();
      signed = Objects.requireNonNull(prepared);
    }
    opened = true;
    issuer.get().opened(draft, signed);
    return signed;
  }

  /** The head of the answer is there. */
  public void head(int newStatus, @Nullable String type, @Nullable String coding) {
    status = newStatus;
    boolean events = type != null && type.startsWith(STREAM) && coding == null;
    if (events && response.isPresent()) {
      stream = new SseDataHash(response.get());
    }
  }

  /** Bytes of the answer have been passed on. */
  public void response(ByteBuffer bytes) {
    if (response.isPresent()) {
      byte[] piece = new byte[bytes.remaining()];
      bytes.duplicate().get(piece);
      SseDataHash events = stream;
      if (events == null) {
        response.get().add(piece);
      } else {
        events.add(piece);
      }
    }
  }

  /** There will be no answer of the provider; what is said instead has a receipt of its own. */
  public void refused(String upstream) {
    draft.capture("incomplete", upstream);
  }

  /** What the provider counted, as it said it. */
  public void usage(Json newUsage) {
    usage = newUsage;
  }

  private long millis() {
    return (System.nanoTime() - started) / 1_000_000;
  }

  /**
   * Signs the final receipt, unless no answer was begun.
   *
   * @param store what became of the record
   * @param upstream the host of the provider
   * @param complete whether the client has the whole answer
   */
  public void finish(String store, String upstream, boolean complete) {
    if (!opened) {
      return;
    }
    draft.capture(store, upstream);
    response.ifPresent(hash -> draft.response(hash.text()));
    if (usage instanceof Json.Obj counts) {
      long in = count(counts, "prompt_tokens", "input_tokens");
      draft.usage(in, 0, count(counts, "completion_tokens", "output_tokens"));
    }
    if (!complete) {
      draft.finish(List.of("aborted"));
    }
    draft.status(status);
    draft.time(firstByte, millis());
    try {
      issuer.get().finish(draft);
    } catch (ReceiptUnavailableException e) {
      // The answer has been passed on: all that is left is that its receipt stays open.
      issuer.get().finishUnlogged(draft);
    }
  }

  private static long count(Json.Obj usage, String name, String other) {
    Json value = usage.members().getOrDefault(name, usage.members().get(other));
    return value instanceof Json.Int number ? number.value() : 0;
  }
}
