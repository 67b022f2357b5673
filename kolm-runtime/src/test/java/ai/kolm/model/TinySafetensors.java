package ai.kolm.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** Writes safetensors files as the library of that name does for PyTorch. */
final class TinySafetensors {
  private static final int ALIGNMENT = 8;

  private TinySafetensors() {}

  static byte[] bytes(List<TinyTensor> tensors) {
    StringBuilder header = new StringBuilder("{\"__metadata__\":{\"format\":\"pt\"}");
    int end = 0;
    for (TinyTensor tensor : tensors) {
      int start = end;
      end += tensor.byteSize();
      header.append(
          ",\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
              .formatted(
                  tensor.name(),
                  tensor.type(),
                  tensor.shape().toString().replace(" ", ""),
                  start,
                  end));
    }
    header.append('}');
    header.repeat(' ', -header.length() & (ALIGNMENT - 1));
    ByteBuffer file =
        ByteBuffer.allocate(Long.BYTES + header.length() + end).order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(header.length()).put(header.toString().getBytes(UTF_8));
    tensors.forEach(tensor -> tensor.writeTo(file));
    return file.array();
  }
}
