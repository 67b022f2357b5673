package ai.kolm.server;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** OpenAI's own description of what an API answers, in two versions; both have to agree. */
final class OpenAiSchema {
  private static final List<String> VERSIONS = List.of("2026-05-13", "2026-08-21");
  private static final Map<String, Schema> SCHEMAS = new ConcurrentHashMap<>();

  private OpenAiSchema() {}

  /**
   * Fails unless {@code json} is a {@code component}, such as {@code CreateChatCompletionResponse}.
   */
  static void check(String component, String json) {
    for (String version : VERSIONS) {
      Schema schema = SCHEMAS.computeIfAbsent(version + component, key -> load(version, component));
      List<String> errors =
          schema.validate(json, InputFormat.JSON).stream().map(Error::toString).toList();
      assertEquals(List.of(), errors, () -> component + " of " + version + ": " + json);
    }
  }

  private static Schema load(String version, String component) {
    String resource = "/openai/subset-%s.normalized.json".formatted(version);
    try (InputStream in = OpenAiSchema.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new AssertionError("no resource " + resource);
      }
      String description = new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
      String schema =
          "{\"$ref\":\"#/components/schemas/%s\",".formatted(component) + description.substring(1);
      return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
          .getSchema(schema, InputFormat.JSON);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
