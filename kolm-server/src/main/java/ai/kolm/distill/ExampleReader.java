package ai.kolm.distill;

import ai.kolm.capture.CaptureRecord;
import ai.kolm.json.Json;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Takes the example out of a record, or says why there is none. */
final class ExampleReader {
  private static final Set<String> WHOLE = Set.of("stop", "tool_calls");

  private ExampleReader() {}

  /**
   * What a record gives.
   *
   * @param example if it can be learned from
   * @param dropped else why not
   */
  record Read(Optional<Example> example, String dropped) {
    static Read dropped(String reason) {
      return new Read(Optional.empty(), reason);
    }
  }

  static Read read(CaptureRecord record) {
    if (record.blocked()) {
      return Read.dropped("blocked");
    }
    if (!record.state().equals("complete")) {
      return Read.dropped(record.state());
    }
    if (record.status() < 200 || record.status() > 299) {
      return Read.dropped("status");
    }
    if (record.messages().isEmpty() || record.response().isEmpty()) {
      return Read.dropped("no chat");
    }
    Json.Obj response = record.response().get();
    if (!(response.members().get("choices") instanceof Json.Arr choices)
        || choices.items().isEmpty()
        || !(choices.items().getFirst() instanceof Json.Obj choice)
        || !(choice.members().get("message") instanceof Json.Obj answer)) {
      return Read.dropped("no chat");
    }
    if (!(choice.members().get("finish_reason") instanceof Json.Str finish)
        || !WHOLE.contains(finish.value())) {
      return Read.dropped("finish reason");
    }
    if (isEmpty(answer)) {
      return Read.dropped("empty answer");
    }
    return new Read(
        Optional.of(
            new Example(
                record.id(),
                record.time(),
                record.messages(),
                member(record, "tools"),
                member(record, "response_format"),
                answer,
                List.of())),
        "");
  }

  private static Optional<Json> member(CaptureRecord record, String name) {
    return record
        .request()
        .map(body -> body.members().get(name))
        .filter(value -> !(value instanceof Json.Null));
  }

  private static boolean isEmpty(Json.Obj answer) {
    boolean text =
        answer.members().get("content") instanceof Json.Str content && !content.value().isBlank();
    boolean calls =
        answer.members().get("tool_calls") instanceof Json.Arr list && !list.items().isEmpty();
    return !text && !calls;
  }
}
