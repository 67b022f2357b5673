package ai.kolm.cli.pack;

import ai.kolm.cli.console.Console;
import ai.kolm.cli.console.Progress;
import ai.kolm.model.GgufConversion;
import ai.kolm.source.ModelFiles;
import ai.kolm.tensor.Tensor;
import ai.kolm.tensor.TensorType;
import ai.kolm.weights.GgufFile;
import ai.kolm.weights.GgufWriter;
import ai.kolm.weights.ModelFormatException;
import ai.kolm.weights.QuantizationPlan;
import ai.kolm.weights.SafetensorsFile;
import ai.kolm.weights.TensorData;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Writes the weights of a model once more, as a GGUF file with fewer bits. */
final class QuantizedWeights {
  private final Console console;
  private final Path folder;

  QuantizedWeights(Console console, Path folder) {
    this.console = console;
    this.folder = folder;
  }

  /** The new file, in the folder. */
  Path write(ModelFiles files, String name, QuantizationPlan plan)
      throws IOException, ModelFormatException {
    GgufWriter writer =
        switch (files.weights()) {
          case GgufFile gguf -> ofGguf(gguf, plan);
          case SafetensorsFile safetensors ->
              GgufConversion.of(safetensors, name, files.config().orElseThrow(), plan);
        };
    Path file = folder.resolve("quantized.gguf");
    try (FileChannel channel =
            FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        Progress progress =
            Progress.of(console, "quantizing", Math.max(1, estimate(files, plan)))) {
      writer.write(new Counted(channel, progress));
    }
    return file;
  }

  private static GgufWriter ofGguf(GgufFile file, QuantizationPlan plan) {
    GgufWriter writer = new GgufWriter();
    writer.metadataOf(file);
    for (Tensor tensor : file.tensors()) {
      TensorType type = plan.typeOf(tensor.name(), tensor);
      TensorData data =
          type == tensor.type() ? TensorData.copyOf(tensor) : TensorData.quantized(tensor, type);
      writer.tensor(tensor.name(), type, tensor.shape(), data);
    }
    return writer;
  }

  /** The bytes of the tensors; names do not matter for that but for two of them. */
  private static long estimate(ModelFiles files, QuantizationPlan plan) {
    return files.weights().tensors().stream()
        .mapToLong(tensor -> plan.typeOf(tensor.name(), tensor).byteSize(tensor.shape().elements()))
        .sum();
  }

  /** Tells how much has been written. */
  private static final class Counted implements WritableByteChannel {
    private final FileChannel channel;
    private final Progress progress;
    private long written;

    Counted(FileChannel channel, Progress progress) {
      this.channel = channel;
      this.progress = progress;
    }

    @Override
    public int write(ByteBuffer bytes) throws IOException {
      int n = channel.write(bytes);
      written += n;
      progress.at(written);
      return n;
    }

    @Override
    public boolean isOpen() {
      return channel.isOpen();
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
