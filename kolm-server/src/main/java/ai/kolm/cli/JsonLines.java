package ai.kolm.cli;

import ai.kolm.json.Json;
import ai.kolm.json.JsonText;
import java.util.stream.IntStream;

/** Writes JSON values, each as one line. */
final class JsonLines {
  private JsonLines() {}

  /** {@code value} as one line, members in their order. */
  static String text(Json value) {
    return JsonText.of(value);
  }

  /** Token ids as an array. */
  static Json.Arr ids(int[] ids) {
    return new Json.Arr(IntStream.of(ids).<Json>mapToObj(Json.Int::new).toList());
  }

  /**
   * An array of token ids.
   *
   * @param vocabularySize ids must be below it
   * @throws IllegalArgumentException if it is something else
   */
  static int[] ids(Json json, int vocabularySize) {
    if (!(json instanceof Json.Arr array)) {
      throw new IllegalArgumentException("expected an array of token ids, got " + json.kind());
    }
    int[] ids = new int[array.items().size()];
    for (int i = 0; i < ids.length; i++) {
      Json item = array.items().get(i);
      if (!(item instanceof Json.Int id) || id.value() < 0 || id.value() >= vocabularySize) {
        throw new IllegalArgumentException(
            "/%d: expected a token id from 0 to %d, got %s"
                .formatted(i, vocabularySize - 1, text(item)));
      }
      ids[i] = (int) id.value();
    }
    return ids;
  }
}
