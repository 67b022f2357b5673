package ai.kolm.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.anonymize.Anonymizer;
import ai.kolm.anonymize.PseudonymKey;
import ai.kolm.anonymize.Span;
import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.json.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Replaces what identifies people in a text, the way captures are stored. */
@Command(
    name = "anonymize",
    description = {
      "Replace names, numbers, dates and addresses in the text of the standard input.",
      "A filter with a measured recall (docs/anonymizer.md), not a guarantee."
    })
final class AnonymizeCommand implements Callable<Integer> {
  private static final int MAX_BYTES = 64 << 20;

  private final CommandContext context;

  @Option(
      names = "--style",
      paramLabel = "STYLE",
      description = "surrogate (default): made-up values of the same shape; tag: [NAME_1].")
  private String style = "surrogate";

  @Option(names = "--spans", description = "Print what is found instead, as JSON.")
  private boolean spans;

  AnonymizeCommand(CommandContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException {
    Anonymizer.Style chosen =
        switch (style) {
          case "surrogate" -> Anonymizer.Style.SURROGATE;
          case "tag" -> Anonymizer.Style.TAG;
          default ->
              throw new CommandException(
                  ExitCode.REFUSED,
                  "--style: expected surrogate or tag, got \"%s\"".formatted(style));
        };
    byte[] bytes = context.console().in().readNBytes(MAX_BYTES + 1);
    if (bytes.length > MAX_BYTES) {
      throw new CommandException(
          ExitCode.REFUSED, "expected at most %,d bytes of text".formatted(MAX_BYTES));
    }
    String text = new String(bytes, UTF_8);
    Anonymizer anonymizer = new Anonymizer();
    if (spans) {
      List<Json> found = new ArrayList<>();
      anonymizer.find(text).forEach(span -> found.add(json(span)));
      context.console().line(JsonLines.text(new Json.Arr(found)));
      return ExitCode.OK.number();
    }
    // A key of this run only: nothing connects what two runs print.
    PseudonymKey key = PseudonymKey.random();
    Anonymizer.Conversation conversation =
        anonymizer.conversation(key, key.scope("anonymize"), chosen);
    context.console().print(conversation.text(text).text());
    String counts =
        conversation.counts().entrySet().stream()
            .map(entry -> entry.getKey() + " " + entry.getValue())
            .collect(Collectors.joining(", "));
    context.console().tell("replaced: " + (counts.isEmpty() ? "nothing" : counts));
    return ExitCode.OK.number();
  }

  private static Json json(Span span) {
    Map<String, Json> members = new LinkedHashMap<>();
    members.put("start", new Json.Int(span.start()));
    members.put("end", new Json.Int(span.end()));
    members.put("class", new Json.Str(span.type().name()));
    return new Json.Obj(members);
  }
}
