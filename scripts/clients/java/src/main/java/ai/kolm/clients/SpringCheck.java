package ai.kolm.clients;

import java.util.List;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.document.MetadataMode;
import org.springframework.ai.openai.OpenAiChatModel;
import org.springframework.ai.openai.OpenAiChatOptions;
import org.springframework.ai.openai.OpenAiEmbeddingModel;
import org.springframework.ai.openai.OpenAiEmbeddingOptions;
import org.springframework.ai.openai.api.OpenAiApi;
import org.springframework.ai.openai.api.ResponseFormat;
import org.springframework.ai.tool.function.FunctionToolCallback;

/** Spring AI, which takes the base URL without its version. */
final class SpringCheck {
  private static final String SCHEMA =
      """
      {"type": "object", "properties": {"city": {"type": "string", "maxLength": 20}},
       "required": ["city"], "additionalProperties": false}""";

  /** What the tool takes. */
  record Place(String city) {}

  private SpringCheck() {}

  /** With the name of a model that makes vectors, or null. */
  static void run(String baseUrl, String model, String embedder) {
    OpenAiApi api =
        OpenAiApi.builder().baseUrl(baseUrl.replaceFirst("/v1/?$", "")).apiKey("none").build();
    ClientCheck.check("Spring AI, chat", () -> text(chat(api, options(model)).call(sea())));
    ClientCheck.check(
        "Spring AI, stream",
        () -> {
          List<ChatResponse> parts =
              chat(api, options(model).streamUsage(true)).stream(sea()).collectList().block();
          ClientCheck.expect(parts.size() > 2, parts);
          return parts.get(parts.size() - 1).getMetadata().getUsage().getTotalTokens() + " tokens";
        });
    ClientCheck.check(
        "Spring AI, structured output",
        () -> {
          ResponseFormat format =
              ResponseFormat.builder()
                  .type(ResponseFormat.Type.JSON_SCHEMA)
                  .jsonSchema(ResponseFormat.JsonSchema.builder().schema(SCHEMA).build())
                  .build();
          String json = text(chat(api, options(model).responseFormat(format)).call(sea()));
          ClientCheck.expect(json.replaceAll("\\s", "").startsWith("{\"city\":"), json);
          return null;
        });
    ClientCheck.check("Spring AI, tools", () -> tools(api, model));
    if (embedder != null) {
      OpenAiEmbeddingOptions options = OpenAiEmbeddingOptions.builder().model(embedder).build();
      ClientCheck.check(
          "Spring AI, embeddings",
          () ->
              new OpenAiEmbeddingModel(api, MetadataMode.NONE, options).embed("The sea").length
                  + " numbers");
    }
  }

  /** The tool is not run: a model that must call it would call it for ever. */
  private static Object tools(OpenAiApi api, String model) {
    FunctionToolCallback<Place, String> weather =
        FunctionToolCallback.<Place, String>builder("weather", place -> "sunny")
            .description("Gets the weather in a city.")
            .inputType(Place.class)
            .build();
    OpenAiChatOptions.Builder options =
        options(model)
            .toolCallbacks(weather)
            .toolChoice("required")
            .internalToolExecutionEnabled(false);
    ChatResponse answer =
        chat(api, options).call(new Prompt("What is the weather in Oslo, in one word?"));
    return answer.getResult().getOutput().getToolCalls().get(0).name();
  }

  private static OpenAiChatModel chat(OpenAiApi api, OpenAiChatOptions.Builder options) {
    return OpenAiChatModel.builder().openAiApi(api).defaultOptions(options.build()).build();
  }

  private static OpenAiChatOptions.Builder options(String model) {
    return OpenAiChatOptions.builder()
        .model(model)
        .maxCompletionTokens(60)
        .temperature(0.0)
        .seed(5);
  }

  private static Prompt sea() {
    return new Prompt("Write one sentence about the sea.");
  }

  private static String text(ChatResponse response) {
    return response.getResult().getOutput().getText();
  }
}
