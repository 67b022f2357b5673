package ai.kolm.cli;

import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.cli.console.Progress;
import ai.kolm.eval.Answer;
import ai.kolm.eval.EvalCase;
import ai.kolm.eval.EvalCases;
import ai.kolm.eval.EvalException;
import ai.kolm.eval.Price;
import ai.kolm.eval.SideAnswers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tomlj.Toml;
import org.tomlj.TomlParseResult;

/** Asks the baseline, and knows what it costs. */
final class EvalBaseline {
  private final CommandContext context;
  private final EvalProvider provider;
  private final Price price;

  private EvalBaseline(CommandContext context, EvalProvider provider, Price price) {
    this.context = context;
    this.provider = provider;
    this.price = price;
  }

  /**
   * The baseline, once its price is there.
   *
   * @param provider closed by whoever has opened it
   */
  static EvalBaseline of(CommandContext context, EvalProvider provider, @Nullable String price)
      throws IOException {
    return new EvalBaseline(context, provider, price(context, provider.name(), price));
  }

  /** From the command line, else from {@code prices.toml}, else what is known here. */
  private static Price price(CommandContext context, String baseline, @Nullable String text)
      throws IOException {
    if (text != null) {
      return Price.parse(text);
    }
    Path file = context.home().root().resolve("prices.toml");
    Optional<Price> known = Files.exists(file) ? fromTable(file, baseline) : Optional.empty();
    return known
        .or(() -> Price.known(baseline))
        .orElseThrow(
            () ->
                new CommandException(
                    ExitCode.PREREQUISITE,
                    "no price of %s: give it as --price IN,OUT in USD for a million tokens, or in %s"
                        .formatted(baseline, file)));
  }

  private static Optional<Price> fromTable(Path file, String baseline) throws IOException {
    TomlParseResult toml = Toml.parse(file);
    if (toml.hasErrors()) {
      throw new CommandException(
          ExitCode.REFUSED, "%s: %s".formatted(file, toml.errors().getFirst().toString()));
    }
    Double input = number(toml, baseline, "input");
    Double output = number(toml, baseline, "output");
    if (input == null || output == null) {
      return Optional.empty();
    }
    Double cached = number(toml, baseline, "cached");
    return Optional.of(new Price(input, cached == null ? input : cached, output));
  }

  private static @Nullable Double number(TomlParseResult toml, String baseline, String name) {
    return toml.get(List.of(baseline, name)) instanceof Number number ? number.doubleValue() : null;
  }

  /** What its answers cost. */
  Price price() {
    return price;
  }

  /** All answers, from those that were kept where they are known. */
  SideAnswers answer(EvalCases cases) throws IOException, EvalException {
    List<Answer> answers = new ArrayList<>();
    int count = cases.cases().size();
    double usd = 0;
    try (Progress progress = Progress.of(context.console(), "baseline", count, Long::toString)) {
      for (EvalCase one : cases.cases()) {
        Answer answer = provider.ask(one);
        answers.add(answer);
        usd += price.of(answer.usage());
        progress.at(answers.size());
      }
    }
    if (provider.old() > 0) {
      context
          .console()
          .tell("%d answers of the baseline are older than 30 days".formatted(provider.old()));
    }
    return new SideAnswers(provider.name(), answers, 1_000 * usd / count);
  }
}
