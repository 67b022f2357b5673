package ai.kolm.cli;

import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.eval.Answer;
import ai.kolm.eval.AnswerRetention;
import ai.kolm.eval.BaselineCache;
import ai.kolm.eval.Endpoint;
import ai.kolm.eval.EvalCase;
import ai.kolm.eval.EvalException;
import ai.kolm.upstream.Provider;
import ai.kolm.upstream.UpstreamClient;
import ai.kolm.upstream.UpstreamTimeouts;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A model of a provider, whose answers are kept: it is called for what it was never asked, and with
 * {@code --replay} for nothing. For one thread.
 */
final class EvalProvider implements AutoCloseable {
  private static final long OLD_MILLIS = 30 * 86_400_000L;
  private static final int HOPELESS = 2;

  private final String name;
  private final Provider provider;
  private final String key;
  private final boolean replay;
  private final BaselineCache cache;
  private @Nullable UpstreamClient client;
  private boolean reached;
  private int failed;
  private int old;

  private EvalProvider(
      String name, Provider provider, String key, boolean replay, BaselineCache cache) {
    this.name = name;
    this.provider = provider;
    this.key = key;
    this.replay = replay;
    this.cache = cache;
  }

  /**
   * The model that a user names, once the key is there.
   *
   * @param flag that names it, for messages
   * @param text provider and model
   * @param providers that the user has added, as NAME=URL
   * @param retention of answers to captured cases
   */
  static EvalProvider of(
      CommandContext context,
      String flag,
      String text,
      List<String> providers,
      boolean replay,
      AnswerRetention retention)
      throws IOException {
    int colon = text.indexOf(':');
    if (colon < 1 || colon == text.length() - 1) {
      throw new CommandException(
          ExitCode.REFUSED,
          "%s: expected PROVIDER:MODEL, such as openai:gpt-4o-mini, got \"%s\""
              .formatted(flag, text));
    }
    Provider provider = provider(text.substring(0, colon), providers);
    String variable = variable(provider.name());
    String key = context.variable(variable);
    boolean needed = !replay && !isLocal(provider);
    if (needed && (key == null || key.isBlank())) {
      throw new CommandException(
          ExitCode.PREREQUISITE, "no API key of %s: set %s".formatted(provider.name(), variable));
    }
    BaselineCache cache = BaselineCache.open(EvalRetention.directory(context), text, retention);
    return new EvalProvider(text, provider, key == null ? "" : key, replay, cache);
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

  /** Provider and model. */
  String name() {
    return name;
  }

  /** How many answers were older than 30 days. */
  int old() {
    return old;
  }

  /**
   * The answer to a case.
   *
   * @throws EvalException if it is not known with {@code --replay}, or the provider has not said a
   *     word to the first questions
   */
  Answer ask(EvalCase one) throws IOException, EvalException {
    Optional<BaselineCache.Cached> known = cache.find(one);
    long now = System.currentTimeMillis();
    if (known.isPresent()) {
      old += now - known.get().at() > OLD_MILLIS ? 1 : 0;
      return known.get().answer();
    }
    if (replay) {
      throw new EvalException(
          EvalException.Reason.PREREQUISITE,
          "case \"%s\": no answer of %s is known; run once without --replay"
              .formatted(one.id(), name));
    }
    Answer answer = endpoint().ask(one);
    reached = reached || !answer.error().startsWith("upstream_");
    if (!reached && ++failed == HOPELESS) {
      throw new EvalException(
          EvalException.Reason.PREREQUISITE,
          "%s cannot be reached at %s (%s)"
              .formatted(provider.name(), provider.base(), answer.error()));
    }
    cache.keep(one, answer, now);
    return answer;
  }

  private Endpoint endpoint() {
    UpstreamClient opened = client;
    if (opened == null) {
      opened = new UpstreamClient(UpstreamTimeouts.DEFAULT);
      client = opened;
    }
    return new Endpoint(opened, provider, name.substring(name.indexOf(':') + 1), key);
  }

  @Override
  public void close() {
    if (client != null) {
      client.close();
    }
  }
}
