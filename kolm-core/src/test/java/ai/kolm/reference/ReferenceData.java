package ai.kolm.reference;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/**
 * Public models and files that tests compare with, fetched on first use by {@code
 * scripts/fetch_reference.py} into {@code $KOLM_HOME/cache/reference} (default {@code ~/.kolm}).
 * Where one cannot be had, the test that asks for it is skipped with the reason; {@link
 * SkippedTests} prints how many were.
 */
public final class ReferenceData {
  private static final int MINUTES = 10;

  /**
   * Names already asked for in this JVM, with the reason why they cannot be had; "" if they can.
   */
  private static final Map<String, String> ASKED = new HashMap<>();

  private ReferenceData() {}

  /** SmolLM2-135M-Instruct, GGUF Q4_1. */
  public static Path smollm2() {
    return file("smollm2", "smollm2-135m-q4_1.gguf");
  }

  /** Gemma 3 270M (base), GGUF Q4_K_M. */
  public static Path gemma3() {
    return file("gemma3", "gemma3-270m-q4_k_m.gguf");
  }

  /** all-MiniLM-L6-v2: a Hugging Face directory. */
  public static Path minilm() {
    return file("minilm", "minilm");
  }

  /** bge-small-en-v1.5: a Hugging Face directory; vectors are those of the first token. */
  public static Path bgeSmall() {
    return file("bge-small", "bge-small");
  }

  /** e5-small-v2: a Hugging Face directory; vectors are means. */
  public static Path e5Small() {
    return file("e5-small", "e5-small");
  }

  /**
   * The published tokenizer.json of a model.
   *
   * @param name {@code gemma3}, {@code qwen2_5}, {@code qwen3}, {@code llama3_2}, {@code
   *     whisper-base} or {@code whisper-tiny-en}
   */
  public static Path tokenizerJson(String name) {
    String group = name.startsWith("whisper-") ? "whisper-tokenizers" : "tokenizers";
    return file(group, "tokenizers/" + name + "/tokenizer.json");
  }

  /**
   * A file under {@code models/} of llama.cpp: {@code templates/X.jinja}, {@code
   * ggml-vocab-X.gguf}.
   */
  public static Path llamaCpp(String path) {
    return file("llama-cpp", "llama-cpp/models/" + path);
  }

  /** The root of the project's sources. */
  public static Path projectRoot() {
    String root = System.getProperty("kolm.root");
    if (root != null) {
      return Path.of(root);
    }
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.exists(folder.resolve("scripts/fetch_reference.py"))) {
      Path parent = folder.getParent();
      if (parent == null) {
        throw new IllegalStateException("not inside the project: " + Path.of("").toAbsolutePath());
      }
      folder = parent;
    }
    return folder;
  }

  private static Path file(String name, String relative) {
    Path folder = folder();
    String reason;
    synchronized (ASKED) {
      reason = ASKED.computeIfAbsent(name, n -> fetch(n, folder));
    }
    Assumptions.assumeTrue(reason.isEmpty(), () -> name + " is not here: " + reason);
    return folder.resolve(relative);
  }

  private static Path folder() {
    String home = System.getenv("KOLM_HOME");
    Path base =
        home != null && !home.isEmpty()
            ? Path.of(home)
            : Path.of(
                System.getenv().getOrDefault("HOME", System.getProperty("user.home")), ".kolm");
    return base.resolve("cache").resolve("reference");
  }

  private static String fetch(String name, Path folder) {
    try {
      Files.createDirectories(folder);
      // Modules are tested in JVMs of their own: one fetches, the others wait.
      try (FileChannel channel =
              FileChannel.open(
                  folder.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          FileLock _ = channel.lock()) {
        return runScript(name, folder);
      }
    } catch (IOException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private static String runScript(String name, Path folder) throws IOException {
    Process process =
        new ProcessBuilder(
                "python3",
                projectRoot().resolve("scripts/fetch_reference.py").toString(),
                folder.toString(),
                name)
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
    try {
      if (!process.waitFor(MINUTES, TimeUnit.MINUTES)) {
        process.destroyForcibly();
        return "not fetched within " + MINUTES + " minutes";
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      return "interrupted";
    }
    return process.exitValue() == 0 ? "" : output.substring(output.lastIndexOf('\n') + 1);
  }
}
