package ai.kolm.distill;

import ai.kolm.chat.ChatRequest;
import ai.kolm.chat.ConversationEncoder;
import ai.kolm.engine.InvalidRequestException;
import ai.kolm.json.Json;
import ai.kolm.sampling.SamplingParams;
import ai.kolm.server.wire.ChatCompletionRequest;
import ai.kolm.server.wire.InvalidFieldException;
import ai.kolm.training.TrainingExample;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Turns examples into what a base is trained with: read as a server reads requests, written as it
 * writes prompts. Immutable.
 */
public final class ExampleEncoder {
  private final ConversationEncoder encoder;
  private final int maxLength;

  /**
   * @param encoder of the base
   * @param maxLength tokens that an example may have; longer ones are dropped, never cut
   */
  public ExampleEncoder(ConversationEncoder encoder, int maxLength) {
    this.encoder = encoder;
    this.maxLength = maxLength;
  }

  /** Why an example cannot be learned; empty if it can. */
  public Optional<String> refusal(Example example) {
    try {
      Optional<ConversationEncoder.Encoded> encoded = encoded(example);
      if (encoded.isEmpty()) {
        return Optional.of("template");
      }
      return encoded.get().tokens().length > maxLength ? Optional.of("length") : Optional.empty();
    } catch (InvalidFieldException e) {
      return Optional.of("unsupported");
    } catch (InvalidRequestException e) {
      return Optional.of("template");
    }
  }

  /**
   * The tokens of an example.
   *
   * @throws IllegalArgumentException if it cannot be learned: see {@link #refusal}
   */
  public TrainingExample encode(Example example) {
    try {
      ConversationEncoder.Encoded encoded = encoded(example).orElseThrow();
      return new TrainingExample(encoded.tokens(), encoded.said());
    } catch (InvalidFieldException e) {
      throw new IllegalArgumentException(example.id() + " cannot be learned", e);
    }
  }

  private Optional<ConversationEncoder.Encoded> encoded(Example example)
      throws InvalidFieldException {
    List<Json> messages = new ArrayList<>(example.messages());
    messages.add(example.answer());
    int count = messages.size();
    messages.addAll(results(example.answer()));
    Map<String, Json> body = new LinkedHashMap<>();
    body.put("model", new Json.Str("base"));
    body.put("messages", new Json.Arr(messages));
    example.tools().ifPresent(tools -> body.put("tools", tools));
    ChatRequest request =
        ChatCompletionRequest.read(new Json.Obj(body), SamplingParams.GREEDY).chat();
    return encoder.encode(request.messages().subList(0, count), request.tools(), example.learned());
  }

  /** A request that ends with calls is none: each has to have its result, which is not learned. */
  private static List<Json> results(Json.Obj answer) {
    List<Json> results = new ArrayList<>();
    if (answer.members().get("tool_calls") instanceof Json.Arr calls) {
      for (Json item : calls.items()) {
        if (item instanceof Json.Obj call && call.members().get("id") instanceof Json.Str id) {
          Map<String, Json> result = new LinkedHashMap<>();
          result.put("role", new Json.Str("tool"));
          result.put("tool_call_id", id);
          result.put("content", new Json.Str(""));
          results.add(new Json.Obj(result));
        }
      }
    }
    return results;
  }
}
