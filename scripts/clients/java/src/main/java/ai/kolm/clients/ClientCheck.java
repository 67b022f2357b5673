package ai.kolm.clients;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.helpers.ResponseAccumulator;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseStreamEvent;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiEmbeddingModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Asks a running kolm server through openai-java, which checks every field of every response
 * ({@code responseValidation}), LangChain4j, whose HTTP client asks for HTTP/2 first, and Spring
 * AI.
 */
public final class ClientCheck {
  private static int failed;

  private ClientCheck() {}

  interface Check {
    Object run() throws Exception;
  }

  static void check(String name, Check check) {
    try {
      Object told = check.run();
      System.out.printf("ok      %s%s%n", name, told == null ? "" : ": " + told);
    } catch (Exception | AssertionError e) {
      failed++;
      System.out.printf("FAILED  %s: %s%n", name, e);
    }
  }

  static void expect(boolean condition, Object what) {
    if (!condition) {
      throw new AssertionError(what);
    }
  }

  /** The base URL, and perhaps the name of a model that makes vectors. */
  public static void main(String[] args) {
    OpenAIClient client =
        OpenAIOkHttpClient.builder()
            .baseUrl(args[0])
            .apiKey("none")
            .maxRetries(0)
            .responseValidation(true)
            .build();
    String model = client.models().list().data().get(0).id();
    openAi(client, model);
    langChain(args[0], model);
    SpringCheck.run(args[0], model, args.length > 1 ? args[1] : null);
    if (args.length > 1) {
      embeddings(client, args[0], args[1]);
    }
    System.out.println(failed == 0 ? "all passed" : failed + " failed");
    System.exit(failed == 0 ? 0 : 1);
  }

  private static ChatCompletionCreateParams.Builder chat(String model) {
    return ChatCompletionCreateParams.builder()
        .model(model)
        .addUserMessage("Write one sentence about the sea.")
        .maxCompletionTokens(24)
        .seed(5);
  }

  private static void openAi(OpenAIClient client, String model) {
    check("openai-java, models", () -> client.models().retrieve(model).validate().id());
    check(
        "openai-java, chat",
        () -> {
          ChatCompletion answer =
              client.chat().completions().create(chat(model).logprobs(true).n(2).build());
          answer.validate();
          return answer.choices().get(0).message().content().orElseThrow();
        });
    check(
        "openai-java, stream and accumulator",
        () -> {
          ChatCompletionAccumulator all = ChatCompletionAccumulator.create();
          ChatCompletionStreamOptions usage =
              ChatCompletionStreamOptions.builder().includeUsage(true).build();
          try (StreamResponse<ChatCompletionChunk> stream =
              client
                  .chat()
                  .completions()
                  .createStreaming(chat(model).streamOptions(usage).build())) {
            stream.stream().forEach(chunk -> all.accumulate(chunk.validate()));
          }
          expect(all.chatCompletion().usage().isPresent(), "no usage");
          return null;
        });
    check(
        "openai-java, completions",
        () -> {
          CompletionCreateParams params =
              CompletionCreateParams.builder()
                  .model(model)
                  .prompt("The sea is")
                  .maxTokens(4)
                  .logprobs(1)
                  .build();
          return client.completions().create(params).validate().choices().get(0).text();
        });
    ResponseCreateParams response =
        ResponseCreateParams.builder().model(model).input("Say hello.").maxOutputTokens(24).build();
    check(
        "openai-java, responses",
        () -> {
          expect(!client.responses().create(response).validate().output().isEmpty(), "no output");
          return null;
        });
    check(
        "openai-java, responses, stream and accumulator",
        () -> {
          ResponseAccumulator all = ResponseAccumulator.create();
          try (StreamResponse<ResponseStreamEvent> stream =
              client.responses().createStreaming(response)) {
            stream.stream().forEach(event -> all.accumulate(event.validate()));
          }
          expect(all.response().usage().isPresent(), "no usage");
          return null;
        });
    check(
        "openai-java, errors",
        () -> {
          try {
            client.chat().completions().create(chat("no-such-model").build());
          } catch (NotFoundException e) {
            expect(e.code().orElse("").equals("model_not_found"), e);
          }
          try {
            client.chat().completions().create(chat(model).temperature(3).build());
            throw new AssertionError("was answered");
          } catch (BadRequestException e) {
            expect(e.param().orElse("").equals("temperature"), e);
            return e.code().orElse("");
          }
        });
  }

  private static void langChain(String baseUrl, String model) {
    OpenAiChatModel chat =
        OpenAiChatModel.builder()
            .baseUrl(baseUrl)
            .apiKey("none")
            .modelName(model)
            .maxCompletionTokens(60)
            .maxRetries(0)
            .build();
    check("LangChain4j, chat", () -> chat.chat("Say hello."));
    JsonObjectSchema schema =
        JsonObjectSchema.builder().addStringProperty("city").required("city").build();
    check(
        "LangChain4j, tools",
        () -> {
          ChatResponse answer =
              chat.chat(
                  ChatRequest.builder()
                      .messages(UserMessage.from("What is the weather in Oslo?"))
                      .toolSpecifications(
                          ToolSpecification.builder().name("weather").parameters(schema).build())
                      .toolChoice(ToolChoice.REQUIRED)
                      .build());
          return answer.aiMessage().toolExecutionRequests().get(0).name();
        });
    check(
        "LangChain4j, stream",
        () -> {
          CompletableFuture<ChatResponse> done = new CompletableFuture<>();
          OpenAiStreamingChatModel.builder()
              .baseUrl(baseUrl)
              .apiKey("none")
              .modelName(model)
              .maxCompletionTokens(24)
              .build()
              .chat(
                  "Say hello.",
                  new StreamingChatResponseHandler() {
                    @Override
                    public void onPartialResponse(String text) {}

                    @Override
                    public void onCompleteResponse(ChatResponse response) {
                      done.complete(response);
                    }

                    @Override
                    public void onError(Throwable error) {
                      done.completeExceptionally(error);
                    }
                  });
          return done.get(60, TimeUnit.SECONDS).tokenUsage().totalTokenCount();
        });
  }

  private static void embeddings(OpenAIClient client, String baseUrl, String embedder) {
    check(
        "openai-java, embeddings",
        () -> {
          EmbeddingCreateParams params =
              EmbeddingCreateParams.builder().model(embedder).input("The sea").build();
          return client.embeddings().create(params).data().get(0).embedding().size() + " numbers";
        });
    check(
        "LangChain4j, embeddings",
        () ->
            OpenAiEmbeddingModel.builder()
                    .baseUrl(baseUrl)
                    .apiKey("none")
                    .modelName(embedder)
                    .build()
                    .embed("The sea")
                    .content()
                    .dimension()
                + " numbers");
  }
}
