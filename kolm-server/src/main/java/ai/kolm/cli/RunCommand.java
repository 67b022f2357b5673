package ai.kolm.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.chat.ChatChunk;
import ai.kolm.chat.ChatCompletions;
import ai.kolm.chat.ChatRequest;
import ai.kolm.chat.ChatStream;
import ai.kolm.chat.RunOptions;
import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.Console;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.prompt.Message;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Answers one question. */
@Command(
    name = "run",
    description = {
      "Answer one prompt.",
      "The answer is written as it comes. Without PROMPT, it is read from the standard input."
    })
final class RunCommand implements Callable<Integer> {
  private static final int MAX_PROMPT_BYTES = 16 << 20;

  private final CommandContext context;

  @Mixin private final EngineFlags engine = new EngineFlags();

  @Mixin private final TrustFlags trust = new TrustFlags();

  @Mixin private final SamplingFlags sampling = new SamplingFlags();

  @Parameters(index = "0", paramLabel = "X", description = "A model.")
  private String model = "";

  @Parameters(index = "1", arity = "0..1", paramLabel = "PROMPT", description = "What to answer.")
  private @Nullable String prompt;

  RunCommand(CommandContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException, ModelFormatException {
    RunOptions options = engine.options(context);
    Path path = new ModelOpener(context).path(model);
    List<Message> messages = sampling.start();
    messages.add(Message.user(prompt != null ? prompt : readPrompt()));
    try (ChatCompletions chat = trust.chat(context, path, options)) {
      ChatRequest request = sampling.request(messages, chat.model().sampling());
      String answer = stream(chat, request, context.console());
      if (!answer.endsWith("\n")) {
        context.console().line("");
      }
    }
    return ExitCode.OK.number();
  }

  /** Writes the answer as it comes, and returns it. */
  static String stream(ChatCompletions chat, ChatRequest request, Console console) {
    StringBuilder answer = new StringBuilder();
    try (ChatStream stream = chat.stream(request)) {
      for (ChatChunk chunk = stream.next(); chunk != null; chunk = stream.next()) {
        if (chunk instanceof ChatChunk.Text text) {
          answer.append(text.text());
          console.print(text.text());
        }
      }
    }
    return answer.toString();
  }

  private String readPrompt() throws IOException {
    byte[] bytes = context.console().in().readNBytes(MAX_PROMPT_BYTES + 1);
    if (bytes.length > MAX_PROMPT_BYTES) {
      throw new CommandException(
          ExitCode.REFUSED, "a prompt of more than %,d bytes".formatted(MAX_PROMPT_BYTES));
    }
    return new String(bytes, UTF_8).strip();
  }
}
