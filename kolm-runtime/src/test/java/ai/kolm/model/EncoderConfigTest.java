package ai.kolm.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonReader;
import ai.kolm.weights.ModelFormatException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class EncoderConfigTest {
  private static final String BERT =
      """
      {"model_type":"bert","hidden_act":"gelu","hidden_size":384,"intermediate_size":1536,
       "layer_norm_eps":1e-12,"max_position_embeddings":512,"num_attention_heads":12,
       "num_hidden_layers":6,"type_vocab_size":2,"vocab_size":30522,"pad_token_id":0}\
      """;

  private static JsonObject json(String text) {
    try {
      return JsonReader.readObject(text.getBytes(StandardCharsets.UTF_8), JsonLimits.DEFAULT);
    } catch (JsonException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void bertCountsPositionsFromZeroAndRobertaFromBehindItsPadding() throws Exception {
    EncoderConfig bert = EncoderConfig.of("m", json(BERT));
    assertEquals(512, bert.maxTokens());
    assertEquals(32, bert.headDim());
    String roberta = BERT.replace("\"bert\"", "\"xlm-roberta\"").replace(":512", ":514");
    EncoderConfig other =
        EncoderConfig.of("m", json(roberta.replace("\"pad_token_id\":0", "\"pad_token_id\":1")));
    assertEquals(2, other.firstPosition());
    assertEquals(512, other.maxTokens());
  }

  @Test
  void onlyEncodersAreDescribed() {
    assertTrue(EncoderConfig.describes(json(BERT)));
    assertFalse(EncoderConfig.describes(json(BERT.replace("\"bert\"", "\"llama\""))));
    assertFalse(EncoderConfig.describes(json("{\"model_type\":7}")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"hidden_size\":384 | \"hidden_size\":385",
        "\"hidden_size\":384 | \"hidden_size\":-1",
        "\"hidden_size\":384 | \"hidden_size\":99999999999",
        "\"hidden_size\":384 | \"hidden_size\":\"x\"",
        "\"num_hidden_layers\":6 | \"num_hidden_layers\":100000",
        "\"max_position_embeddings\":512 | \"max_position_embeddings\":0",
        "\"hidden_act\":\"gelu\" | \"hidden_act\":\"relu\"",
        "\"hidden_act\":\"gelu\" | \"position_embedding_type\":\"relative_key\"",
        "\"vocab_size\":30522 | \"vocab_size\":0"
      })
  void whatCannotBeIsRefused(String change) {
    String[] parts = change.split(" \\| ", -1);
    String changed = BERT.replace(parts[0], parts[1]);
    assertThrows(ModelFormatException.class, () -> EncoderConfig.of("m", json(changed)), changed);
  }
}
