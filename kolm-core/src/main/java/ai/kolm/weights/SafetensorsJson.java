package ai.kolm.weights;

import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonReader;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The JSON of safetensors headers and indexes. */
final class SafetensorsJson {
  private static final int DEPTH = 8;

  /** What a description takes at most is about half of this; the rest is for metadata. */
  private static final int COMMAS_PER_TENSOR = 16;

  private SafetensorsJson() {}

  /**
   * The object that {@code text} is, strictly: it starts with the brace. A few bytes of JSON become
   * an object of many, so the number of values is bounded, by the commas between them, before any
   * is made.
   *
   * @param what it is, for messages
   * @param file that holds it, for messages
   */
  static JsonObject read(String what, MemorySegment text, String file, WeightLimits limits)
      throws ModelFormatException {
    byte[] bytes = text.toArray(ValueLayout.JAVA_BYTE);
    if (bytes.length == 0 || bytes[0] != '{') {
      throw new ModelFormatException(file, what + ": expected a JSON object");
    }
    long commas = 0;
    for (byte b : bytes) {
      commas += b == ',' ? 1 : 0;
    }
    if (commas > (long) COMMAS_PER_TENSOR * limits.tensors()) {
      throw new ModelFormatException(
          file,
          "%s: %d commas, more than %d tensors need".formatted(what, commas, limits.tensors()));
    }
    try {
      return JsonReader.readObject(
          bytes, JsonLimits.DEFAULT.withBytes(limits.headerBytes()).withDepth(DEPTH));
    } catch (JsonException e) {
      throw new ModelFormatException(file, what + ": " + e.getMessage());
    }
  }
}
