package ai.kolm.benchmarks;

import ai.kolm.chat.ChatChunk;
import ai.kolm.chat.ChatCompletions;
import ai.kolm.chat.ChatRequest;
import ai.kolm.chat.ChatStream;
import ai.kolm.prompt.Message;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What an application waits that has a model answer for the first time: from the path of a model to
 * the first piece of text, in a JVM that is running but knows nothing of kolm yet. Each fork does
 * it once; let the first one warm the file cache.
 *
 * <pre>{@code
 * java -jar benchmarks/target/benchmarks.jar EmbeddedStart -p model=smollm2-135m-q4_1.gguf
 * }</pre>
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(
    value = 7,
    warmups = 1,
    jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
@Warmup(iterations = 0)
@Measurement(iterations = 1)
public class EmbeddedStart {

  /** A model with a chat template. */
  @Param("")
  public String model;

  private @Nullable ChatCompletions chat;
  private @Nullable ChatStream stream;

  /** From nothing to text. */
  @Benchmark
  public String firstText() throws IOException, ModelFormatException {
    chat = ChatCompletions.open(Path.of(model));
    stream = chat.stream(ChatRequest.of(Message.user("Hi")).withSeed(1));
    for (ChatChunk chunk = stream.next(); chunk != null; chunk = stream.next()) {
      if (chunk instanceof ChatChunk.Text text) {
        return text.text();
      }
    }
    throw new AssertionError("the answer has no text");
  }

  /** Ends the answer and closes the model: not part of what is measured. */
  @TearDown
  public void close() {
    if (stream != null) {
      stream.close();
    }
    if (chat != null) {
      chat.close();
    }
  }
}
