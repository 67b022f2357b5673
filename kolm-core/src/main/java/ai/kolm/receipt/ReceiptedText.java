package ai.kolm.receipt;

import ai.kolm.json.CanonicalJson;
import ai.kolm.json.Json;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A text and the calls beside it, as receipts cover them: {@code {"content", "tool_calls": [[name,
 * arguments], ...]}} in canonical JSON. It can be formed from what a user of an SDK has, without
 * the bytes of HTTP.
 *
 * @param content the text; {@code null} if there are calls and no text
 * @param calls in order
 */
public record ReceiptedText(@Nullable String content, List<Call> calls) {

  /**
   * A call of a tool.
   *
   * @param name of the tool
   * @param arguments as the model wrote them
   */
  public record Call(String name, String arguments) {}

  /** Copies the list. */
  public ReceiptedText {
    calls = List.copyOf(calls);
  }

  /** The canonical JSON of several, in order. */
  public static byte[] canonical(List<ReceiptedText> texts) {
    return CanonicalJson.write(new Json.Arr(texts.stream().map(ReceiptedText::toJson).toList()));
  }

  private Json toJson() {
    List<Json> pairs =
        calls.stream()
            .<Json>map(
                call ->
                    new Json.Arr(
                        List.of(new Json.Str(call.name()), new Json.Str(call.arguments()))))
            .toList();
    return new Json.Obj(
        Map.of(
            "content",
            content == null ? new Json.Null() : new Json.Str(content),
            "tool_calls",
            new Json.Arr(pairs)));
  }
}
