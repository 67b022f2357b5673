package ai.kolm.cli;

import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonReader;
import ai.kolm.prompt.ChatTemplate;
import ai.kolm.prompt.TemplateException;
import ai.kolm.source.ModelFiles;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.time.Clock;
import java.time.ZoneId;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Shows the prompt that a conversation becomes. */
@Command(
    name = "render",
    description = {
      "A conversation to the prompt of a model.",
      "In: one JSON object with messages, and if wanted tools, add_generation_prompt and template",
      "options. Out: the text."
    })
final class RenderCommand implements Callable<Integer> {
  private final CommandContext context;

  @Parameters(paramLabel = "X", description = "A model with a chat template.")
  private String model = "";

  RenderCommand(CommandContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException, ModelFormatException, TemplateException, JsonException {
    try (ModelFiles files = new ModelOpener(context).files(model)) {
      ChatTemplate template =
          files
              .text()
              .template(Clock.system(ZoneId.systemDefault()))
              .orElseThrow(
                  () ->
                      new CommandException(
                          ExitCode.REFUSED, files.id() + ": the model has no chat template"));
      JsonLimits limits = JsonLimits.DEFAULT;
      byte[] input = context.console().in().readNBytes((int) limits.bytes() + 1);
      String text =
          template.render(ConversationReader.read(JsonReader.readObject(input, limits))).text();
      context.console().print(text);
    }
    return ExitCode.OK.number();
  }
}
