package ai.kolm.server.receipt;

import ai.kolm.chat.ChatChunk;
import ai.kolm.chat.ChatRequest;
import ai.kolm.chat.ChatResponse;
import ai.kolm.chat.FinishReason;
import ai.kolm.chat.ModelInfo;
import ai.kolm.chat.TextRequest;
import ai.kolm.json.CanonicalJson;
import ai.kolm.json.Json;
import ai.kolm.prompt.ToolCall;
import ai.kolm.receipt.ReceiptedText;
import ai.kolm.sampling.SamplingParams;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What a receipt says about a chat completion: the parameters, why each choice ended, and the
 * digest of the answer as a user of an SDK sees it, {@code [{"content", "tool_calls": [[name,
 * arguments], ...]}, ...]}, so that it can be checked without the bytes of HTTP.
 */
public final class ChatReceipt {
  /** Numbers of JSON are exact up to here. */
  private static final long EXACT = CanonicalJson.MAX_INTEGER;

  private final List<Choice> choices;
  private final ExchangeReceipt receipt;

  /** A choice while it is written. */
  private static final class Choice {
    private final StringBuilder text = new StringBuilder();
    private final List<String> names = new ArrayList<>();
    private final List<StringBuilder> arguments = new ArrayList<>();
    private FinishReason reason = FinishReason.CANCELLED;

    ReceiptedText receipted() {
      List<ReceiptedText.Call> calls = new ArrayList<>();
      for (int i = 0; i < names.size(); i++) {
        calls.add(new ReceiptedText.Call(names.get(i), arguments.get(i).toString()));
      }
      boolean onlyCalls = text.isEmpty() && !calls.isEmpty();
      return new ReceiptedText(onlyCalls ? null : text.toString(), calls);
    }
  }

  /**
   * @param n how many choices there are
   * @param receipt is told
   */
  public ChatReceipt(int n, ExchangeReceipt receipt) {
    choices = IntStream.range(0, n).mapToObj(_ -> new Choice()).toList();
    this.receipt = receipt;
  }

  /** The record of an answer that is complete. */
  public static ChatReceipt of(ChatResponse response, ExchangeReceipt receipt) {
    ChatReceipt record = new ChatReceipt(response.choices().size(), receipt);
    for (ChatResponse.Choice choice : response.choices()) {
      @Nullable String content = choice.message().content();
      record.text(choice.index(), content == null ? "" : content);
      for (ToolCall call : choice.message().toolCalls()) {
        record.toolCall(choice.index(), call.name());
        record.toolArguments(choice.index(), call.arguments());
      }
      record.end(choice.index(), choice.finishReason());
    }
    return record;
  }

  /** Adds a part of a stream. */
  public void add(ChatChunk chunk) {
    switch (chunk) {
      case ChatChunk.Text part -> {
        receipt.firstToken();
        text(part.choice(), part.text());
      }
      case ChatChunk.End part -> end(part.choice(), part.reason());
      case ChatChunk.ToolCallStart part -> {
        receipt.firstToken();
        toolCall(part.choice(), part.name());
      }
      case ChatChunk.ToolCallArguments part -> toolArguments(part.choice(), part.text());
      case ChatChunk.Start _, ChatChunk.Reasoning _, ChatChunk.Done _ -> {}
    }
  }

  private void text(int choice, String text) {
    choices.get(choice).text.append(text);
  }

  private void toolCall(int choice, String name) {
    choices.get(choice).names.add(name);
    choices.get(choice).arguments.add(new StringBuilder());
  }

  private void toolArguments(int choice, String json) {
    choices.get(choice).arguments.getLast().append(json);
  }

  private void end(int choice, FinishReason reason) {
    choices.get(choice).reason = reason;
  }

  /** The answer is complete: the receipt is told. */
  public void complete() {
    receipt.answer(ReceiptedText.canonical(choices.stream().map(Choice::receipted).toList()));
    List<String> reasons =
        choices.stream().map(choice -> choice.reason.name().toLowerCase(Locale.ROOT)).toList();
    receipt.describe(draft -> draft.finish(reasons));
  }

  /** The request with a seed, so that the receipt can say which. */
  public static ChatRequest seeded(ChatRequest request) {
    return request.seed().isPresent()
        ? request
        : request.withSeed(ThreadLocalRandom.current().nextLong(EXACT));
  }

  /** As {@link #seeded(ChatRequest)}. */
  public static TextRequest seeded(TextRequest request) {
    return request.seed().isPresent()
        ? request
        : request.withSeed(ThreadLocalRandom.current().nextLong(EXACT));
  }

  /**
   * The parameters as they were used.
   *
   * @param model says how to sample where the request does not
   */
  public static Json.Obj params(ChatRequest request, ModelInfo model) {
    Map<String, Json> params = params(request.sampling().orElse(model.sampling()));
    most(request, model).ifPresent(most -> params.put("max_tokens", new Json.Int(most)));
    put(params, "n", request.n(), 0);
    put(params, "stop", request.stop().size(), 0);
    request.seed().ifPresent(seed -> params.put("seed", seed(seed)));
    return new Json.Obj(params);
  }

  /** As {@link #params(ChatRequest, ModelInfo)}. */
  public static Json.Obj params(TextRequest request, ModelInfo model) {
    Map<String, Json> params = params(request.sampling().orElse(model.sampling()));
    params.put("max_tokens", new Json.Int(request.maxTokens()));
    put(params, "n", request.n(), 0);
    put(params, "stop", request.stop().size(), 0);
    request.seed().ifPresent(seed -> params.put("seed", seed(seed)));
    return new Json.Obj(params);
  }

  private static Map<String, Json> params(SamplingParams sampling) {
    Map<String, Json> params = new TreeMap<>();
    params.put("temperature", number(sampling.temperature()));
    params.put("top_p", number(sampling.topP()));
    put(params, "top_k", sampling.topK(), 0);
    put(params, "min_p", sampling.minP(), 0);
    put(params, "typical_p", sampling.typicalP(), SamplingParams.DEFAULT.typicalP());
    put(params, "repetition_penalty", sampling.repetitionPenalty(), 1);
    put(params, "frequency_penalty", sampling.frequencyPenalty(), 0);
    put(params, "presence_penalty", sampling.presencePenalty(), 0);
    return params;
  }

  private static OptionalInt most(ChatRequest request, ModelInfo model) {
    return request.maxTokens().isPresent() ? request.maxTokens() : model.maxTokens();
  }

  private static void put(Map<String, Json> params, String name, float value, float silent) {
    if (value != silent) {
      params.put(name, number(value));
    }
  }

  /** As the client would write it: 0.1, not the double that is nearest to the float. */
  private static Json number(float value) {
    return value == (int) value ? new Json.Int((int) value) : real(value);
  }

  private static Json real(float value) {
    return new Json.Real(Double.parseDouble(Float.toString(value)));
  }

  /** As a text where readers of numbers would lose digits. */
  private static Json seed(long seed) {
    return Math.abs((double) seed) <= EXACT ? new Json.Int(seed) : new Json.Str("" + seed);
  }
}
