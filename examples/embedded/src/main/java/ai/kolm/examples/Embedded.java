package ai.kolm.examples;

import ai.kolm.chat.ChatChunk;
import ai.kolm.chat.ChatCompletions;
import ai.kolm.chat.ChatRequest;
import ai.kolm.chat.ChatResponse;
import ai.kolm.chat.ChatStream;
import ai.kolm.prompt.Message;
import java.io.PrintStream;
import java.nio.file.Path;

/** A model inside an application: one whole answer, then one as it is written. */
public final class Embedded {
  private Embedded() {}

  /**
   * @param args a model (an artifact, a GGUF file or a Hugging Face directory) and a question
   */
  public static void main(String[] args) throws Exception {
    answer(Path.of(args[0]), args[1], System.out);
  }

  static void answer(Path model, String question, PrintStream out) throws Exception {
    ChatRequest request = ChatRequest.of(Message.user(question)).withSeed(1).withMaxTokens(64);
    try (ChatCompletions chat = ChatCompletions.open(model)) {
      ChatResponse response = chat.complete(request);
      out.println(response.choices().getFirst().message().content());

      try (ChatStream stream = chat.stream(request)) {
        for (ChatChunk chunk = stream.next(); chunk != null; chunk = stream.next()) {
          if (chunk instanceof ChatChunk.Text text) {
            out.print(text.text());
          }
        }
      }
      out.println();
    }
  }
}
