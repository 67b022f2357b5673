package ai.kolm.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.reference.ReferenceData;
import ai.kolm.tokenizer.Tokenizer.SpecialTokens;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The vocabularies that llama.cpp collects, with the ids that each model's own tokenizer gives for
 * some texts. A file without expected ids must load and give back text.
 */
class VocabularyFilesTest {
  private static final String SEPARATOR = "\n__ggml_vocab_test__\n";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bert-bge",
        "command-r",
        "deepseek-coder",
        "deepseek-llm",
        "falcon",
        "gemma-4",
        "gpt-2",
        "llama-bpe",
        "llama-spm",
        "mpt",
        "phi-3",
        "qwen2",
        "qwen35",
        "refact",
        "starcoder"
      })
  void idsAreThoseOfTheModelsOwnTokenizer(String name) throws IOException, ModelFormatException {
    Path file = ReferenceData.llamaCpp("ggml-vocab-" + name + ".gguf");
    Tokenizer tokenizer = ReferenceTokenizer.readGguf(file);
    String[] inputs =
        Files.readString(file.resolveSibling(file.getFileName() + ".inp")).split(SEPARATOR, -1);
    List<String> outputs = Files.readAllLines(file.resolveSibling(file.getFileName() + ".out"));
    boolean endsWithSeparator = inputs[inputs.length - 1].isEmpty();
    assertEquals(outputs.size(), inputs.length - (endsWithSeparator ? 1 : 0));
    assertTrue(outputs.size() > 40, outputs.size() + " texts");
    List<String> wrong = new ArrayList<>();
    for (int i = 0; i < outputs.size(); i++) {
      String expected = outputs.get(i).strip();
      int[] ids = tokenizer.encode(inputs[i], SpecialTokens.LITERAL);
      String actual = Arrays.toString(ids).replaceAll("[\\[\\],]", "");
      if (!actual.equals(expected)) {
        wrong.add("\"%s\": expected %s, got %s".formatted(inputs[i], expected, actual));
      }
    }
    assertEquals(List.of(), wrong);
  }

  @ParameterizedTest
  @ValueSource(strings = {"aquila", "baichuan", "gpt-neox", "nomic-bert-moe"})
  void filesWithoutExpectedIdsGiveBackText(String name) throws IOException, ModelFormatException {
    Tokenizer tokenizer =
        ReferenceTokenizer.readGguf(ReferenceData.llamaCpp("ggml-vocab-" + name + ".gguf"));
    String text = "The bakery on Hill Street, No. 12, opens at 6:30; \u5317\u4eac costs 5 \u20ac.";
    int[] ids = tokenizer.encode(text, SpecialTokens.LITERAL);
    assertTrue(ids.length > 15 && ids.length < 45, Arrays.toString(ids));
    assertEquals(text, tokenizer.decode(ids));
  }
}
