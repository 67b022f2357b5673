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
  @Option(names = "--system", paramLabel = "TEXT", description = "A system message.")
  private @Nullable String system;

  @Option(names = "--max-tokens", paramLabel = "N", description = "The most tokens of an answer.")
  private @Nullable Integer maxTokens;

  @Option(
      names = "--temperature",
      paramLabel = "T",
      defaultValue = "0.7",
      description = "0 (always the most likely token) to 2; default 0.7.")
  private float temperature;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      defaultValue = "0.95",
      description = "Draw from the most likely tokens with this probability; default 0.95.")
  private float topP;

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

  /** The request to answer {@code messages}. */
  ChatRequest request(List<Message> messages) {
    SamplingParams standard = SamplingParams.DEFAULT;
    ChatRequest request =
        ChatRequest.of(messages)
            .withSampling(
                new SamplingParams(
                    temperature,
                    standard.topK(),
                    topP,
                    standard.minP(),
                    standard.typicalP(),
                    standard.repetitionPenalty(),
                    standard.frequencyPenalty(),
                    standard.presencePenalty(),
                    standard.logitBias()));
    if (maxTokens != null) {
      request = request.withMaxTokens(maxTokens);
    }
    return seed == null ? request : request.withSeed(seed);
  }
}
