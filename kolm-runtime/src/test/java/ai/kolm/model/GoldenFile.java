package ai.kolm.model;

import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;

/** Reference data among the test resources; see the README beside them. */
final class GoldenFile {
  private GoldenFile() {}

  static JsonObject read(String path) {
    try (InputStream stream = GoldenFile.class.getResourceAsStream("/golden/" + path)) {
      if (stream == null) {
        throw new IllegalStateException("no resource /golden/" + path);
      }
      return JsonReader.readObject(stream.readAllBytes(), JsonLimits.DEFAULT);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (JsonException e) {
      throw new IllegalStateException(path, e);
    }
  }

  static int[] ints(List<Json> items) {
    return items.stream().mapToInt(item -> (int) ((Json.Int) item).value()).toArray();
  }

  static double number(Json item) {
    return item instanceof Json.Int n ? n.value() : ((Json.Real) item).value();
  }

  static double[] numbers(List<Json> items) {
    return items.stream().mapToDouble(GoldenFile::number).toArray();
  }
}
