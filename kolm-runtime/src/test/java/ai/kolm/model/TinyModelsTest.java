package ai.kolm.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The files written here are those that the reference ran on. */
class TinyModelsTest {
  private static final double MARGIN = 1e-2;
  private static final int STEPS = 32;

  @TempDir private Path folder;

  static List<String> names() throws IOException, JsonException {
    return TinyModels.names();
  }

  @ParameterizedTest
  @MethodSource("names")
  void safetensorsFilesAreThoseOfTheReference(String name) throws Exception {
    Path directory = TinyModels.writeHuggingFace(name, folder);
    for (JsonObject file : TinyModels.json(name + "/case.json").objects("huggingface")) {
      assertEquals(file.string("sha256"), sha256(directory.resolve(file.string("file"))));
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void ggufFileIsThatOfTheReference(String name) throws Exception {
    Path file = TinyModels.writeGguf(name, folder);
    assertEquals(
        TinyModels.json(name + "/case.json").object("gguf").string("sha256"), sha256(file));
  }

  @Test
  void committedFileIsTheOneWritten() throws Exception {
    Path written = TinyModels.writeGguf("chat", Files.createDirectory(folder.resolve("written")));
    Path committed = TinyModels.copy("chat/chat.gguf", folder);
    assertArrayEquals(Files.readAllBytes(committed), Files.readAllBytes(written));
  }

  @Test
  void quantisedFilesAreThoseOfTheReference() throws Exception {
    for (JsonObject file : TinyModels.json("quantised/expected.json").objects("files")) {
      Path copy = TinyModels.copy("quantised/" + file.string("file"), folder);
      assertEquals(file.string("sha256"), sha256(copy), file.string("file"));
    }
  }

  @Test
  void everyGreedyStepOfTheTextsIsClear() throws Exception {
    List<JsonObject> texts = TinyModels.json("chat/text.json").objects("texts");
    assertTrue(texts.size() >= 10, texts.size() + " texts");
    for (JsonObject text : texts) {
      assertEquals(STEPS, text.array("greedy_ids").size());
      assertEquals(STEPS, text.array("margins").size());
      for (Json margin : text.array("margins")) {
        assertTrue(TinyTensor.number(margin) > MARGIN, text.string("prompt"));
      }
    }
  }

  private static String sha256(Path file) throws IOException, NoSuchAlgorithmException {
    return HexFormat.of()
        .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
  }
}
