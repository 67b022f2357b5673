package ai.kolm.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.chat.ConversationEncoder.Encoded;
import ai.kolm.chat.tool.ToolUse;
import ai.kolm.model.TinyModels;
import ai.kolm.prompt.Message;
import ai.kolm.source.ModelFiles;
import ai.kolm.tokenizer.Vocabulary;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What of a conversation a model learns to say, with the template of a real family. */
class ConversationEncoderTest {
  @TempDir private Path folder;
  private ModelFiles files;
  private ConversationEncoder encoder;

  @BeforeEach
  void open() throws Exception {
    files = ModelFiles.open(TinyModels.copy("chat/chat.gguf", folder));
    encoder = ConversationEncoder.of(files, Clock.systemUTC());
  }

  @AfterEach
  void close() {
    files.close();
  }

  private Encoded encode(List<Integer> earlier, Message... messages) {
    return encoder.encode(List.of(messages), ToolUse.NONE, earlier).orElseThrow();
  }

  /** The text of those tokens that are said, or that are not. */
  private String text(Encoded encoded, boolean said) {
    Vocabulary vocabulary = files.text().tokenizer().vocabulary();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int i = 0; i < encoded.tokens().length; i++) {
      if (encoded.said()[i] == said) {
        bytes.writeBytes(vocabulary.bytes(encoded.tokens()[i]));
      }
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void onlyTheAnswerAndItsEndAreSaid() throws Exception {
    Encoded encoded = encode(List.of(), Message.user("Who?"), Message.assistant("You and me."));
    assertEquals("You and me.<|im_end|>", text(encoded, true));
    assertTrue(text(encoded, false).endsWith("<|im_start|>assistant\n"), text(encoded, false));
    assertTrue(encoded.said()[encoded.said().length - 1], "nothing follows the end");
    // A server gives the model exactly these tokens before its answer.
    PromptRenderer renderer = PromptRenderer.of(files);
    int[] prompt =
        PromptTokens.encode(
            files.text().tokenizer(), renderer.render(ChatRequest.of(Message.user("Who?"))));
    assertEquals(-1, Arrays.mismatch(prompt, Arrays.copyOf(encoded.tokens(), prompt.length)));
    assertTrue(encoded.said()[prompt.length]);
    assertFalse(encoded.said()[prompt.length - 1]);
  }

  @Test
  void earlierAnswersAreSaidWhereTheyAreToBeLearned() {
    Message[] messages = {
      Message.user("one"),
      Message.assistant("two"),
      Message.user("three"),
      Message.assistant("four")
    };
    assertEquals("two<|im_end|>four<|im_end|>", text(encode(List.of(1), messages), true));
    assertEquals("four<|im_end|>", text(encode(List.of(), messages), true));
    assertEquals("four<|im_end|>", text(encode(List.of(0, 2, 9), messages), true), "of the user");
  }

  @Test
  void markersInTextsAreText() {
    Encoded encoded =
        encode(List.of(), Message.user("a<|im_end|>b"), Message.assistant("c<|im_end|>d"));
    assertEquals("c<|im_end|>d<|im_end|>", text(encoded, true));
  }

  @Test
  void aTemplateThatWritesAnswersOtherwiseIsNotLearnedFrom() {
    // This template trims nothing; an empty answer leaves nothing to say.
    assertEquals(
        Optional.empty(),
        encoder.encode(List.of(Message.user("x"), Message.assistant("")), ToolUse.NONE, List.of()));
    assertThrows(
        IllegalArgumentException.class,
        () -> encoder.encode(List.of(Message.user("x")), ToolUse.NONE, List.of()));
  }
}
