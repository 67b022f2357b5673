package ai.kolm.server.wire;

import ai.kolm.chat.ChatChunk;
import ai.kolm.chat.ChatResponse;
import ai.kolm.chat.FinishReason;
import ai.kolm.chat.TokenLogprob;
import ai.kolm.chat.Usage;
import ai.kolm.prompt.ToolCall;
import ai.kolm.server.wire.ResponseEvent.Members;
import ai.kolm.server.wire.ResponseItem.State;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The output of a response while it is made, and the events that tell of it. An answer of a chat
 * becomes items: its thoughts, its text and each of its calls, one after the other; of each the
 * events say that it begins, its pieces, and that it is complete. For one answer.
 */
public final class ResponseOutput {
  private final CompletionIdentity identity;
  private final ResponseRequest request;
  private final List<ResponseItem> items = new ArrayList<>();
  private final List<ResponseEvent> events = new ArrayList<>();
  private int sequence;

  /** The item that is written, the last one; {@code null} between items. */
  private @Nullable ResponseItem open;

  private final StringBuilder text = new StringBuilder();
  private final List<TokenLogprob> logprobs = new ArrayList<>();
  private @Nullable Usage usage;
  private boolean cut;

  /** An output without items. */
  public ResponseOutput(CompletionIdentity identity, ResponseRequest request) {
    this.identity = identity;
    this.request = request;
  }

  /** A response that is complete. */
  public static ResponseBody of(
      CompletionIdentity identity, ResponseRequest request, ChatResponse answer) {
    ChatResponse.Choice choice = answer.choices().getFirst();
    List<ResponseItem> items = new ArrayList<>();
    @Nullable String thoughts = choice.message().reasoning();
    if (thoughts != null) {
      items.add(new ResponseItem.Thoughts(id("rs_"), thoughts));
    }
    @Nullable String content = choice.message().content();
    if (content != null) {
      items.add(new ResponseItem.Text(id("msg_"), content, choice.logprobs()));
    }
    for (ToolCall call : choice.message().toolCalls()) {
      items.add(new ResponseItem.Call(id("fc_"), call.id(), call.name(), call.arguments()));
    }
    return new ResponseBody(
        identity, request, status(choice.finishReason()), items, answer.usage(), null);
  }

  private static String id(String prefix) {
    return prefix + UUID.randomUUID().toString().replace("-", "");
  }

  private static ResponseBody.Status status(FinishReason reason) {
    return reason == FinishReason.LENGTH
        ? ResponseBody.Status.INCOMPLETE
        : ResponseBody.Status.COMPLETED;
  }

  /** The events with which a stream begins. */
  public List<ResponseEvent> begin() {
    ResponseBody body = body(ResponseBody.Status.IN_PROGRESS, null);
    add("response.created", out -> write(out, body));
    add("response.in_progress", out -> write(out, body));
    return taken();
  }

  private static void write(com.fasterxml.jackson.core.JsonGenerator out, ResponseBody body)
      throws java.io.IOException {
    out.writeFieldName("response");
    body.write(out);
  }

  /** The events that tell of {@code chunk}. */
  public List<ResponseEvent> take(ChatChunk chunk) {
    switch (chunk) {
      case ChatChunk.Start _ -> {}
      case ChatChunk.Text piece -> takeText(piece);
      case ChatChunk.Reasoning piece -> {
        if (!(open instanceof ResponseItem.Thoughts)) {
          begin(new ResponseItem.Thoughts(id("rs_"), ""));
        }
        takePiece("response.reasoning_text.delta", piece.text());
      }
      case ChatChunk.ToolCallStart call ->
          begin(new ResponseItem.Call(id("fc_"), call.id(), call.name(), ""));
      case ChatChunk.ToolCallArguments piece ->
          takePiece("response.function_call_arguments.delta", piece.text());
      case ChatChunk.End end -> {
        cut = end.reason() == FinishReason.LENGTH;
        if (items.isEmpty() && open == null) {
          begin(new ResponseItem.Text(id("msg_"), "", List.of())); // an answer of no tokens
        }
        complete();
      }
      case ChatChunk.Done done -> usage = done.usage();
    }
    return taken();
  }

  private void takeText(ChatChunk.Text piece) {
    if (!(open instanceof ResponseItem.Text)) {
      begin(new ResponseItem.Text(id("msg_"), "", List.of()));
    }
    text.append(piece.text());
    logprobs.addAll(piece.logprobs());
    event(
        "response.output_text.delta",
        0,
        out -> {
          out.writeStringField("delta", piece.text());
          ResponseItem.Text.writeLogprobs(out, piece.logprobs());
        });
  }

  private void takePiece(String type, String piece) {
    text.append(piece);
    event(
        type,
        open instanceof ResponseItem.Call ? -1 : 0,
        out -> out.writeStringField("delta", piece));
  }

  /** An item begins; the one before it is complete. */
  private void begin(ResponseItem item) {
    complete();
    open = item;
    itemEvent("response.output_item.added", item, State.IN_PROGRESS);
    if (item instanceof ResponseItem.Text message) {
      partEvent("response.content_part.added", message::writePart);
    } else if (item instanceof ResponseItem.Thoughts thoughts) {
      partEvent("response.content_part.added", thoughts::writePart);
    }
  }

  private void complete() {
    ResponseItem item =
        switch (open) {
          case null -> null;
          case ResponseItem.Text begun ->
              new ResponseItem.Text(begun.id(), text.toString(), logprobs);
          case ResponseItem.Thoughts begun ->
              new ResponseItem.Thoughts(begun.id(), text.toString());
          case ResponseItem.Call begun ->
              new ResponseItem.Call(begun.id(), begun.callId(), begun.name(), text.toString());
        };
    if (item == null) {
      return;
    }
    switch (item) {
      case ResponseItem.Text done -> {
        event(
            "response.output_text.done",
            0,
            out -> {
              out.writeStringField("text", done.text());
              ResponseItem.Text.writeLogprobs(out, done.logprobs());
            });
        partEvent("response.content_part.done", done::writePart);
      }
      case ResponseItem.Thoughts done -> {
        event("response.reasoning_text.done", 0, out -> out.writeStringField("text", done.text()));
        partEvent("response.content_part.done", done::writePart);
      }
      case ResponseItem.Call done ->
          event(
              "response.function_call_arguments.done",
              -1,
              out -> {
                out.writeStringField("name", done.name());
                out.writeStringField("arguments", done.arguments());
              });
    }
    itemEvent("response.output_item.done", item, cut ? State.INCOMPLETE : State.COMPLETED);
    items.add(item);
    open = null;
    text.setLength(0);
    logprobs.clear();
  }

  /** The event with which a stream ends. */
  public ResponseEvent end() {
    ResponseBody.Status status =
        cut ? ResponseBody.Status.INCOMPLETE : ResponseBody.Status.COMPLETED;
    ResponseBody body = body(status, null);
    add("response." + status.word(), out -> write(out, body));
    return taken().getFirst();
  }

  /** The event with which a stream ends that breaks. */
  public ResponseEvent broken(ApiError why) {
    ResponseBody body = body(ResponseBody.Status.FAILED, why);
    add("response.failed", out -> write(out, body));
    return taken().getFirst();
  }

  private ResponseBody body(ResponseBody.Status status, @Nullable ApiError why) {
    return new ResponseBody(identity, request, status, items, usage, why);
  }

  private void itemEvent(String type, ResponseItem item, State state) {
    int index = items.size();
    add(
        type,
        out -> {
          out.writeNumberField("output_index", index);
          out.writeFieldName("item");
          item.write(out, state);
        });
  }

  private void partEvent(String type, Members part) {
    event(
        type,
        0,
        out -> {
          out.writeFieldName("part");
          part.write(out);
        });
  }

  /** An event about the open item, and its part if there is one. */
  private void event(String type, int part, Members members) {
    ResponseItem item = open;
    if (item == null) {
      throw new IllegalStateException("no item is open for " + type);
    }
    int index = items.size();
    add(
        type,
        out -> {
          out.writeStringField("item_id", item.id());
          out.writeNumberField("output_index", index);
          if (part >= 0) {
            out.writeNumberField("content_index", part);
          }
          members.write(out);
        });
  }

  private void add(String type, Members members) {
    events.add(new ResponseEvent(type, sequence++, members));
  }

  private List<ResponseEvent> taken() {
    List<ResponseEvent> taken = List.copyOf(events);
    events.clear();
    return taken;
  }
}
