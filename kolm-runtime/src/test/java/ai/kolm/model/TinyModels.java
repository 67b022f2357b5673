package ai.kolm.model;

import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonReader;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The tiny models of {@code golden/tiny-models}: one per architecture and RoPE variant, each as a
 * Hugging Face directory and as a GGUF file, with what transformers computes for them. Weights come
 * from a formula, so the files are written here, byte for byte those of the reference; README.md
 * beside the data says what its files mean.
 *
 * <pre>{@code
 * Path directory = TinyModels.writeHuggingFace("qwen3", temporary);
 * Path file = TinyModels.writeGguf("qwen3", temporary);
 * JsonObject expected = TinyModels.json("qwen3/expected.json");
 * }</pre>
 */
public final class TinyModels {
  private static final String ROOT = "/golden/tiny-models/";
  private static final List<String> TOKENIZER_FILES =
      List.of("tokenizer.json", "tokenizer_config.json", "generation_config.json");

  private TinyModels() {}

  /** The names of all models. */
  public static List<String> names() throws IOException, JsonException {
    return List.copyOf(json("cases.json").names());
  }

  /** A file of the golden data, parsed: {@code cases.json}, {@code NAME/expected.json}, ... */
  public static JsonObject json(String path) throws IOException, JsonException {
    return JsonObject.of(JsonReader.read(bytes(path), JsonLimits.DEFAULT), "");
  }

  /**
   * Copies a file of the golden data: {@code chat/chat.gguf}, {@code quantised/llama-q4_0.gguf}.
   *
   * @return the copy, under its own name in {@code folder}
   */
  public static Path copy(String path, Path folder) throws IOException {
    return Files.write(folder.resolve(path.substring(path.lastIndexOf('/') + 1)), bytes(path));
  }

  /**
   * Writes the Hugging Face directory of a model: config.json, tokenizer, weights.
   *
   * @return the directory, {@code parent/name}
   */
  public static Path writeHuggingFace(String name, Path parent) throws IOException, JsonException {
    Path folder = Files.createDirectory(parent.resolve(name));
    for (String file : TOKENIZER_FILES) {
      copy(file, folder);
    }
    copy(name + "/config.json", folder);
    List<JsonObject> files = json(name + "/case.json").objects("huggingface");
    if (files.size() > 1) {
      copy(name + "/model.safetensors.index.json", folder);
    }
    for (JsonObject file : files) {
      List<TinyTensor> tensors = tensors(name, file);
      Files.write(folder.resolve(file.string("file")), TinySafetensors.bytes(tensors));
    }
    return folder;
  }

  /**
   * Writes the GGUF file of a model.
   *
   * @return the file, {@code parent/name.gguf}
   */
  public static Path writeGguf(String name, Path parent) throws IOException, JsonException {
    JsonObject description = json(name + "/case.json");
    Map<String, TinyTensor> sources = new HashMap<>();
    for (JsonObject file : description.objects("huggingface")) {
      for (TinyTensor tensor : tensors(name, file)) {
        sources.put(tensor.name(), tensor);
      }
    }
    JsonObject gguf = description.object("gguf");
    List<TinyTensor> tensors = new ArrayList<>();
    for (JsonObject row : gguf.objects("tensors")) {
      tensors.add(TinyTensor.derived(row, sources));
    }
    return Files.write(parent.resolve(name + ".gguf"), TinyGguf.bytes(metadata(gguf), tensors));
  }

  private static List<TinyTensor> tensors(String name, JsonObject file) throws JsonException {
    List<TinyTensor> tensors = new ArrayList<>();
    for (JsonObject row : file.objects("tensors")) {
      tensors.add(TinyTensor.synthesised(name, file.string("dtype"), row));
    }
    return tensors;
  }

  /** Key to (type, value); what a row leaves out stands in the file that the models share. */
  private static Map<String, TinyGguf.Value> metadata(JsonObject gguf)
      throws IOException, JsonException {
    JsonObject shared = json("tokenizer.gguf.json");
    Map<String, TinyGguf.Value> metadata = new LinkedHashMap<>();
    for (JsonObject row : gguf.objects("metadata")) {
      String key = row.string("key");
      Json value = row.find("value").isPresent() ? row.get("value") : shared.get(key);
      metadata.put(key, new TinyGguf.Value(row.string("type"), value));
    }
    return metadata;
  }

  private static byte[] bytes(String path) throws IOException {
    try (InputStream stream = TinyModels.class.getResourceAsStream(ROOT + path)) {
      if (stream == null) {
        throw new FileNotFoundException("golden/tiny-models has no " + path);
      }
      return stream.readAllBytes();
    }
  }
}
