package ai.kolm.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.chat.ChatCompletions;
import ai.kolm.chat.RunOptions;
import ai.kolm.cli.console.Console;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.engine.ContextLengthExceededException;
import ai.kolm.engine.InvalidRequestException;
import ai.kolm.prompt.Message;
import ai.kolm.weights.ModelFormatException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** A conversation in the terminal: a line is a message; the answer is written as it comes. */
@Command(
    name = "chat",
    description = {
      "Talk with a model.",
      "A line is a message; /help lists what else can be typed. Ctrl-D or /exit ends."
    })
final class ChatCommand implements Callable<Integer> {
  private static final String HELP =
      """
      /reset    forget the conversation
      /history  show it
      /exit     end
      A line that ends with \\ continues on the next one.""";

  private final CommandContext context;

  @Mixin private final EngineFlags engine = new EngineFlags();

  @Mixin private final TrustFlags trust = new TrustFlags();

  @Mixin private final SamplingFlags sampling = new SamplingFlags();

  @Parameters(paramLabel = "X", description = "A model.")
  private String model = "";

  ChatCommand(CommandContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException, ModelFormatException {
    RunOptions options = engine.options(context);
    Path path = new ModelOpener(context).path(model);
    Console console = context.console();
    try (ChatCompletions chat = trust.chat(context, path, options)) {
      if (console.terminals().in()) {
        console.line(console.faint("%s; /help lists commands".formatted(chat.model().id())));
      }
      BufferedReader in = new BufferedReader(new InputStreamReader(console.in(), UTF_8));
      List<Message> messages = sampling.start();
      for (String line = read(in); line != null; line = read(in)) {
        switch (line.strip()) {
          case "" -> {}
          case "/exit", "/quit", "/bye" -> {
            return ExitCode.OK.number();
          }
          case "/help", "/?" -> console.line(HELP);
          case "/reset" -> messages = sampling.start();
          case "/history" -> show(messages);
          case String command when command.startsWith("/") ->
              console.line("unknown command %s; /help lists what there is".formatted(command));
          default -> messages = answer(chat, messages, line);
        }
      }
      console.line("");
    }
    return ExitCode.OK.number();
  }

  /** The next message; {@code null} at the end of the input. */
  private @Nullable String read(BufferedReader in) throws IOException {
    StringBuilder message = new StringBuilder();
    while (true) {
      if (context.console().terminals().in()) {
        context.console().print(context.console().bold(message.isEmpty() ? "> " : ". "));
      }
      String line = in.readLine();
      if (line == null) {
        return message.isEmpty() ? null : message.toString();
      }
      if (!line.endsWith("\\")) {
        return message.append(line).toString();
      }
      message.append(line, 0, line.length() - 1).append('\n');
    }
  }

  private void show(List<Message> messages) {
    for (Message message : messages) {
      String role = message.role().name().toLowerCase(Locale.ROOT);
      context.console().line(context.console().bold(role + ": ") + message.content());
    }
  }

  /** The conversation with a message and its answer added; as it was if there is no answer. */
  private List<Message> answer(ChatCompletions chat, List<Message> messages, String line) {
    List<Message> longer = new ArrayList<>(messages);
    longer.add(Message.user(line));
    try {
      String answer =
          RunCommand.stream(
              chat, sampling.request(longer, chat.model().sampling()), context.console());
      context.console().line("");
      longer.add(Message.assistant(answer));
      return longer;
    } catch (ContextLengthExceededException e) {
      context.console().tell("the conversation is too long for the model; /reset starts a new one");
    } catch (InvalidRequestException e) {
      context.console().tell(Failure.of(e).message());
    }
    return messages;
  }
}
