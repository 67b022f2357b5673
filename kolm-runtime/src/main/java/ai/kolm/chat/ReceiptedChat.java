package ai.kolm.chat;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.json.Json;
import ai.kolm.prompt.Message;
import ai.kolm.receipt.AnswerSource;
import ai.kolm.receipt.ReceiptDraft;
import ai.kolm.receipt.ReceiptDraft.Kind;
import ai.kolm.receipt.ReceiptHash;
import ai.kolm.receipt.ReceiptIssuer;
import ai.kolm.receipt.ReceiptedText;
import ai.kolm.sampling.SamplingParams;
import ai.kolm.source.ModelFiles;
import ai.kolm.trust.ArtifactGate;
import ai.kolm.trust.VerificationReport.Verdict;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Chat with a model, in this process, with a signed receipt for every answer:
 *
 * <pre>{@code
 * try (ReceiptedChat chat = ReceiptedChat.open(path, gate, RunOptions.DEFAULT, issuer)) {
 *   ReceiptedChat.Answer answer = chat.complete(ChatRequest.of(Message.user("Hello")));
 *   archive(answer.receipt());
 * }
 * }</pre>
 *
 * <p>The receipt is as one of the server, except that no bytes of HTTP are there to be hashed:
 * {@code req} is the digest of the messages in the form of {@link ReceiptedText}, and there is no
 * {@code res}; {@code out} is the same as over HTTP. Where the issuer has an audit log, the receipt
 * is in it before the answer is returned.
 *
 * <p>Safe for use by many threads.
 */
public final class ReceiptedChat implements AutoCloseable {
  /** Numbers of JSON are exact up to here. */
  private static final long EXACT = 1L << 53;

  private final ChatCompletions chat;
  private final AnswerSource source;
  private final ReceiptIssuer issuer;

  /**
   * An answer and its receipt.
   *
   * @param response the answer
   * @param receipt a compact JWS
   */
  public record Answer(ChatResponse response, String receipt) {
    /** Checks for null. */
    public Answer {
      Objects.requireNonNull(response);
      Objects.requireNonNull(receipt);
    }
  }

  /**
   * Receipts for a chat that is open.
   *
   * @param chat answers; is closed together with this
   * @param source what receipts say about it
   * @param issuer signs; stays open
   */
  public ReceiptedChat(ChatCompletions chat, AnswerSource source, ReceiptIssuer issuer) {
    this.chat = chat;
    this.source = source;
    this.issuer = issuer;
  }

  /**
   * Opens a model as {@link ChatCompletions#open(Path, RunOptions)}.
   *
   * @param gate which artifacts are accepted
   * @param issuer signs; stays open
   * @throws ModelFormatException if there is no model, it is refused, damaged or unsupported
   * @throws IOException if it cannot be read
   */
  public static ReceiptedChat open(
      Path path, ArtifactGate gate, RunOptions options, ReceiptIssuer issuer)
      throws IOException, ModelFormatException {
    ModelFiles files = ModelFiles.open(path, gate);
    ChatCompletions chat = ChatCompletions.of(files, options);
    Optional<String> cid = files.artifact().map(artifact -> artifact.cid().text());
    String version = String.valueOf(ReceiptedChat.class.getPackage().getImplementationVersion());
    AnswerSource source =
        new AnswerSource(
            cid,
            files.id(),
            files.verdict().map(Verdict::id).orElse("local-file"),
            files.text().chatTemplate().map(text -> ReceiptHash.plain(text.getBytes(UTF_8))),
            "kolm/%s+embedded".formatted(version.equals("null") ? "0" : version),
            chat.engine().kernelName(),
            chat.engine().determinism(),
            "fp_" + ReceiptHash.plain((cid.orElse(files.id()) + version).getBytes(UTF_8)));
    return new ReceiptedChat(chat, source, issuer);
  }

  /** The chat without receipts. */
  public ChatCompletions chat() {
    return chat;
  }

  /**
   * Answers, as {@link ChatCompletions#complete(ChatRequest)}, with a receipt.
   *
   * @throws ai.kolm.engine.EngineException if there is no answer; then there is no receipt
   * @throws ai.kolm.receipt.ReceiptUnavailableException if the issuer requires a log that cannot be
   *     written: the answer is withheld
   */
  public Answer complete(ChatRequest request) {
    long started = System.nanoTime();
    ChatRequest seeded =
        request.seed().isPresent()
            ? request
            : request.withSeed(ThreadLocalRandom.current().nextLong(EXACT));
    ReceiptDraft draft = new ReceiptDraft(issuer.nextId(), Kind.CHAT_COMPLETION);
    draft.source(source);
    draft.request(digest(request.messages()));
    draft.params(params(seeded));
    ChatResponse response = chat.complete(seeded);
    draft.answer(digest(response.choices().stream().map(ChatResponse.Choice::message).toList()));
    Usage usage = response.usage();
    draft.usage(usage.promptTokens(), usage.cachedTokens(), usage.completionTokens());
    draft.finish(
        response.choices().stream()
            .map(choice -> choice.finishReason().name().toLowerCase(Locale.ROOT))
            .toList());
    draft.status(200);
    long total = (System.nanoTime() - started) / 1_000_000;
    draft.time(Math.min(total, response.timings().prefill().toMillis()), total);
    return new Answer(response, issuer.finish(draft));
  }

  /** The digest that receipts have of these messages. */
  public static String digest(List<Message> messages) {
    return ReceiptHash.plain(
        ReceiptedText.canonical(messages.stream().map(ReceiptedChat::receipted).toList()));
  }

  private static ReceiptedText receipted(Message message) {
    return new ReceiptedText(
        message.content(),
        message.toolCalls().stream()
            .map(call -> new ReceiptedText.Call(call.name(), call.arguments()))
            .toList());
  }

  private Json.Obj params(ChatRequest request) {
    SamplingParams sampling = request.sampling().orElse(chat.model().sampling());
    Map<String, Json> params = new TreeMap<>();
    params.put("temperature", number(sampling.temperature()));
    params.put("top_p", number(sampling.topP()));
    params.put("n", new Json.Int(request.n()));
    request.maxTokens().ifPresent(most -> params.put("max_tokens", new Json.Int(most)));
    request.seed().ifPresent(seed -> params.put("seed", new Json.Str(Long.toString(seed))));
    return new Json.Obj(params);
  }

  private static Json number(float value) {
    return value == (int) value
        ? new Json.Int((int) value)
        : new Json.Real(Double.parseDouble(Float.toString(value)));
  }

  /** Closes the chat; the issuer stays open. */
  @Override
  public void close() {
    chat.close();
  }
}
