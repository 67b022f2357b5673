package ai.kolm.server.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonReader;
import ai.kolm.sampling.SamplingParams;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ChatCompletionRequestTest {
  private static final SamplingParams RECOMMENDED =
      new SamplingParams(0.2f, 40, 0.9f, 0.05f, 0.8f, 1.1f, 0.5f, 0.25f, Map.of());

  private static SamplingParams sampling(String more) throws Exception {
    String body =
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]" + more + "}";
    return ChatCompletionRequest.read(
            JsonReader.read(body.getBytes(StandardCharsets.UTF_8), JsonLimits.DEFAULT), RECOMMENDED)
        .chat()
        .sampling()
        .orElseThrow();
  }

  @Test
  void whatIsLeftOutIsAsTheModelRecommends() throws Exception {
    assertEquals(RECOMMENDED, sampling(""));
    assertEquals(RECOMMENDED, sampling(",\"temperature\":null,\"top_p\":null"));
  }

  @Test
  void whatIsSaidCounts() throws Exception {
    SamplingParams said = sampling(",\"temperature\":1,\"top_p\":1,\"top_k\":-1");
    assertEquals(1f, said.temperature());
    assertEquals(1f, said.topP());
    assertEquals(0, said.topK());
    assertEquals(RECOMMENDED.minP(), said.minP());
  }
}
