package ai.kolm.source;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.artifact.Manifest.Defaults;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonReader;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

final class RecommendedSamplingTest {
  private static Defaults read(String json) throws JsonException {
    return RecommendedSampling.of(
        JsonReader.readObject(json.getBytes(StandardCharsets.UTF_8), JsonLimits.DEFAULT));
  }

  @Test
  void takesWhatAGenerationConfigSays() throws JsonException {
    Defaults defaults =
        read(
            """
            {"do_sample":true,"eos_token_id":[1,106],"top_k":64,"top_p":0.95,"temperature":0.7,
             "min_p":0.05,"repetition_penalty":1.05,"transformers_version":"4.50"}""");
    assertEquals(
        new Defaults(
            OptionalDouble.of(0.7),
            OptionalDouble.of(0.95),
            OptionalLong.of(64),
            OptionalDouble.of(0.05),
            OptionalDouble.of(1.05),
            OptionalLong.empty(),
            Optional.empty()),
        defaults);
  }

  @Test
  void absentAndNullSayNothing() throws JsonException {
    assertEquals(Defaults.NONE, read("{}"));
    assertEquals(Defaults.NONE, read("{\"temperature\":null}"));
  }

  @Test
  void minusOneKeepsAllTokens() throws JsonException {
    assertEquals(OptionalLong.of(0), read("{\"top_k\":-1}").topK());
  }

  @Test
  void aValueOutOfRangeIsNamed() {
    JsonException refused = assertThrows(JsonException.class, () -> read("{\"temperature\":7}"));
    assertTrue(String.valueOf(refused.getMessage()).contains("temperature"));
  }
}
