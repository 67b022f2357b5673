package ai.kolm.cli;

import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.cli.console.Progress;
import ai.kolm.eval.Answer;
import ai.kolm.eval.BaselineCache;
import ai.kolm.eval.Endpoint;
import ai.kolm.eval.EvalCase;
import ai.kolm.eval.EvalCases;
import ai.kolm.eval.EvalException;
import ai.kolm.eval.Price;
import ai.kolm.eval.Scoring;
import ai.kolm.eval.Side;
import ai.kolm.eval.TaskType;
import ai.kolm.upstream.Provider;
import ai.kolm.upstream.UpstreamClient;
import ai.kolm.upstream.UpstreamTimeouts;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tomlj.Toml;
import org.tomlj.TomlParseResult;

/** Asks the baseline, unless its answer is known. */
final class EvalBaseline {
  private static final long OLD_MILLIS = 30 * 86_400_000L;
  private static final int HOPELESS = 2;

  private final CommandContext context;
  private final String name;
  private final Provider provider;
  private final String model;
  private final String key;
  private final Price price;
  private final boolean replay;

  private EvalBaseline(
      CommandContext context,
      String name,
      Provider provider,
      String key,
      Price price,
      boolean replay) {
    this.context = context;
    this.name = name;
    this.provider = provider;
    this.model = name.substring(name.indexOf(':') + 1);
    this.key = key;
    this.price = price;
    this.replay = replay;
  }

  /** The baseline that a user names, once key and price are there. */
  static EvalBaseline of(
      CommandContext context,
      String text,
      List<String> providers,
      @Nullable String price,
      boolean replay)
      throws IOException {
    int colon = text.indexOf(':');
    if (colon < 1 || colon == text.length() - 1) {
      throw new CommandException(
          ExitCode.REFUSED,
          "--baseline: expected PROVIDER:MODEL, such as openai:gpt-4o-mini, got \"%s\""
              .formatted(text));
    }
    Provider provider = provider(text.substring(0, colon), providers);
    String variable = variable(provider.name());
    String key = context.variable(variable);
    boolean needed = !replay && !isLocal(provider);
    if (needed && (key == null || key.isBlank())) {
      throw new CommandException(
          ExitCode.PREREQUISITE, "no API key of %s: set %s".formatted(provider.name(), variable));
    }
    return new EvalBaseline(
        context, text, provider, key == null ? "" : key, price(context, text, price), replay);
  }

  private static Provider provider(String name, List<String> providers) {
    for (String one : providers) {
      Provider provider = Provider.parse(one);
      if (provider.name().equals(name)) {
        return provider;
      }
    }
    return Provider.parse(name);
  }

  private static String variable(String provider) {
    return switch (provider) {
      case "openai" -> "OPENAI_API_KEY";
      case "anthropic" -> "ANTHROPIC_API_KEY";
      case "openrouter" -> "OPENROUTER_API_KEY";
      default ->
          "KOLM_%s_API_KEY"
              .formatted(provider.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]", "_"));
    };
  }

  private static boolean isLocal(Provider provider) {
    try {
      return InetAddress.ofLiteral(provider.base().getHost()).isLoopbackAddress();
    } catch (IllegalArgumentException e) {
      return false;
    }
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

  /** All answers, from the cache where they are known. */
  Side answer(EvalCases cases, TaskType type) throws IOException, EvalException {
    BaselineCache cache =
        BaselineCache.open(context.home().root().resolve("evals").resolve("baseline"), name);
    Scoring scoring = new Scoring(type);
    List<Answer> answers = new ArrayList<>();
    double[] scores = new double[cases.cases().size()];
    double usd = 0;
    int old = 0;
    try (Progress progress =
            Progress.of(context.console(), "baseline", scores.length, Long::toString);
        Asking asking = new Asking()) {
      for (int i = 0; i < scores.length; i++) {
        EvalCase one = cases.cases().get(i);
        Optional<BaselineCache.Cached> known = cache.find(one);
        long now = System.currentTimeMillis();
        if (known.isEmpty() && replay) {
          throw new EvalException(
              EvalException.Reason.PREREQUISITE,
              "case \"%s\": no answer of %s is known; run once without --replay"
                  .formatted(one.id(), name));
        }
        Answer answer = known.isPresent() ? known.get().answer() : asking.ask(one);
        if (known.isEmpty()) {
          cache.keep(one, answer, now);
        } else if (now - known.get().at() > OLD_MILLIS) {
          old++;
        }
        answers.add(answer);
        scores[i] = scoring.score(one, answer);
        usd += price.of(answer.usage());
        progress.at(i + 1);
      }
    }
    if (old > 0) {
      context.console().tell("%d answers of the baseline are older than 30 days".formatted(old));
    }
    return new Side(name, answers, scores, 1_000 * usd / scores.length);
  }

  /** The client, made when the first question has to be asked. */
  private final class Asking implements AutoCloseable {
    private @Nullable UpstreamClient client;
    private boolean reached;
    private int failed;

    /** Asks; refuses to go on with a provider that has not said a word to the first questions. */
    Answer ask(EvalCase one) throws EvalException {
      Answer answer = endpoint().ask(one);
      reached = reached || !answer.error().startsWith("upstream_");
      if (!reached && ++failed == HOPELESS) {
        throw new EvalException(
            EvalException.Reason.PREREQUISITE,
            "%s cannot be reached at %s (%s)"
                .formatted(provider.name(), provider.base(), answer.error()));
      }
      return answer;
    }

    private Endpoint endpoint() {
      UpstreamClient opened = client;
      if (opened == null) {
        opened = new UpstreamClient(UpstreamTimeouts.DEFAULT);
        client = opened;
      }
      return new Endpoint(opened, provider, model, key);
    }

    @Override
    public void close() {
      if (client != null) {
        client.close();
      }
    }
  }
}
