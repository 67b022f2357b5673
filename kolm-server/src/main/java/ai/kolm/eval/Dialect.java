package ai.kolm.eval;

import ai.kolm.json.Json;
import ai.kolm.upstream.Provider;
import java.util.LinkedHashMap;
import java.util.Map;

/** How a provider wants to be asked, and how it answers. */
interface Dialect {
  /** The one of a provider: that of OpenAI, but for Anthropic's own interface. */
  static Dialect of(Provider provider) {
    return provider.name().equals("anthropic") ? new AnthropicDialect() : new OpenAi();
  }

  /** Where questions go, behind the base of the provider. */
  String path();

  /** Headers that show the key; none without one. */
  Map<String, String> headers(String key);

  /**
   * What is sent for a case.
   *
   * @throws EvalException if this provider cannot be asked that
   */
  Json.Obj request(EvalCase one, String model) throws EvalException;

  /** The answer in a body. */
  Answer answer(Json.Obj body, double millis, String receipt);

  /** Chat completions. */
  final class OpenAi implements Dialect {
    @Override
    public String path() {
      return "/chat/completions";
    }

    @Override
    public Map<String, String> headers(String key) {
      Map<String, String> headers = new LinkedHashMap<>();
      if (!key.isEmpty()) {
        headers.put("Authorization", "Bearer " + key);
      }
      return headers;
    }

    @Override
    public Json.Obj request(EvalCase one, String model) {
      return Endpoint.request(one, model);
    }

    @Override
    public Answer answer(Json.Obj body, double millis, String receipt) {
      return Answers.of(body, millis, receipt);
    }
  }
}
