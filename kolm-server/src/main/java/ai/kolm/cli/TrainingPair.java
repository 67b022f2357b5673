package ai.kolm.cli;

import ai.kolm.capture.CaptureRecord;
import ai.kolm.json.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A record in the form that OpenAI takes for fine-tuning: the messages, the answer as the last. */
final class TrainingPair {
  private TrainingPair() {}

  /** The pair of a complete chat; empty for other records. */
  static Optional<Json> of(CaptureRecord record) {
    if (!record.state().equals("complete") || record.messages().isEmpty()) {
      return Optional.empty();
    }
    Optional<Json> answer = record.response().flatMap(TrainingPair::answer);
    if (answer.isEmpty()) {
      return Optional.empty();
    }
    List<Json> messages = new ArrayList<>(record.messages());
    messages.add(answer.get());
    Map<String, Json> pair = new LinkedHashMap<>();
    pair.put("messages", new Json.Arr(messages));
    record
        .request()
        .map(body -> body.members().get("tools"))
        .ifPresent(tools -> pair.put("tools", tools));
    return Optional.of(new Json.Obj(pair));
  }

  private static Optional<Json> answer(Json.Obj response) {
    return response.members().get("choices") instanceof Json.Arr choices
            && !choices.items().isEmpty()
            && choices.items().getFirst() instanceof Json.Obj choice
            && choice.members().get("message") instanceof Json.Obj message
        ? Optional.of(message)
        : Optional.empty();
  }
}
