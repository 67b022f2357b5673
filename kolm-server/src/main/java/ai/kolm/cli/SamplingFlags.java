package ai.kolm.cli;

import ai.kolm.chat.ChatRequest;
import ai.kolm.prompt.Message;
import ai.kolm.sampling.SamplingParams;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The flags of commands that talk with a model. */
final class SamplingFlags {
  /** For models that recommend nothing: less wild than the distribution itself. */
  private static final float TEMPERATURE = 0.7f;

  private static final float TOP_P = 0.95f;

  @Option(names = "--system", paramLabel = "TEXT", description = "A system message.")
  private @Nullable String system;

  @Option(names = "--max-tokens", paramLabel = "N", description = "The most tokens of an answer.")
  private @Nullable Integer maxTokens;

  @Option(
      names = "--temperature",
      paramLabel = "T",
      description = "0 (always the most likely token) to 2; default: the model's, else 0.7.")
  private @Nullable Float temperature;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      description = "Draw from the most likely tokens; default: the model's, else 0.95.")
  private @Nullable Float topP;

  @Option(names = "--seed", paramLabel = "N", description = "Makes an answer repeatable.")
  private @Nullable Long seed;

  /** The messages that a conversation starts with. */
  List<Message> start() {
    List<Message> messages = new ArrayList<>();
    if (system != null) {
      messages.add(Message.system(system));
    }
    return messages;
  }

  /**
   * The request to answer {@code messages}.
   *
   * @param own how the makers of the model recommend to sample
   */
  ChatRequest request(List<Message> messages, SamplingParams own) {
    boolean recommended = !own.equals(SamplingParams.DEFAULT);
    float standardTemperature = recommended ? own.temperature() : TEMPERATURE;
    float standardTopP = recommended ? own.topP() : TOP_P;
    ChatRequest request =
        ChatRequest.of(messages)
            .withSampling(
                new SamplingParams(
                    temperature == null ? standardTemperature : temperature,
                    own.topK(),
                    topP == null ? standardTopP : topP,
                    own.minP(),
                    own.typicalP(),
                    own.repetitionPenalty(),
                    own.frequencyPenalty(),
                    own.presencePenalty(),
                    own.logitBias()));
    if (maxTokens != null) {
      request = request.withMaxTokens(maxTokens);
    }
    return seed == null ? request : request.withSeed(seed);
  }
}
