package ai.kolm.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.zip.CRC32;

/** The golden data of tokenizers; its README says how it was made. */
final class TokenizerGolden {
  private TokenizerGolden() {}

  /**
   * One line of the corpus and what it becomes.
   *
   * @param ids with special tokens recognised
   * @param literal the accepted answers with special tokens as plain text
   * @param decoded the text of {@code ids}
   */
  record Line(long id, String text, List<Long> ids, List<List<Long>> literal, String decoded) {}

  /** The text of the ids of a line, up to each of them. */
  record Stream(long id, List<String> prefixes) {}

  /** Number and CRC-32 of the ids of one text. */
  record Bulk(String text, long count, long crc) {}

  static List<Line> lines(String tokenizer) {
    try {
      List<JsonObject> corpus = json("corpus.json").objects("lines");
      List<Line> lines = new ArrayList<>();
      for (JsonObject expected : json(tokenizer + ".json").objects("lines")) {
        JsonObject line = corpus.get(lines.size());
        if (line.integer("id") != expected.integer("id")) {
          throw new IllegalStateException("lines are out of step");
        }
        lines.add(line(line.string("text"), expected));
      }
      return lines;
    } catch (JsonException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Line line(String text, JsonObject expected) throws JsonException {
    List<Long> ids = longs(expected.array("ids"));
    List<List<Long>> literal = new ArrayList<>();
    literal.add(expected.find("literal").isPresent() ? longs(expected.array("literal")) : ids);
    if (expected.find("llama_cpp_literal").isPresent()) {
      literal.add(longs(expected.array("llama_cpp_literal")));
    }
    String decoded = expected.findString("decoded").orElse(text);
    return new Line(expected.integer("id"), text, ids, literal, decoded);
  }

  static List<Stream> streams(String tokenizer) {
    try {
      List<Stream> streams = new ArrayList<>();
      for (JsonObject stream : json(tokenizer + ".json").objects("stream")) {
        streams.add(new Stream(stream.integer("id"), stream.strings("prefixes")));
      }
      return streams;
    } catch (JsonException e) {
      throw new IllegalStateException(e);
    }
  }

  static List<Bulk> bulk(String tokenizer) {
    try {
      List<String> texts = json("bulk.json").strings("lines");
      List<Bulk> bulk = new ArrayList<>();
      for (JsonObject entry : json("bulk-ids.json").objects("tokenizers")) {
        if (entry.string("tokenizer").equals(tokenizer)) {
          for (Json sum : entry.array("sums")) {
            List<Long> pair = longs(((Json.Arr) sum).items());
            bulk.add(new Bulk(texts.get(bulk.size()), pair.get(0), pair.get(1)));
          }
        }
      }
      return bulk;
    } catch (JsonException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The CRC-32 of ids as little-endian 32-bit integers. */
  static long crc(int[] ids) {
    ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES * ids.length);
    bytes.order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().put(ids);
    CRC32 crc = new CRC32();
    crc.update(bytes);
    return crc.getValue();
  }

  static List<Long> longs(int[] ids) {
    return java.util.Arrays.stream(ids).asLongStream().boxed().toList();
  }

  private static List<Long> longs(List<Json> items) {
    return items.stream().map(item -> ((Json.Int) item).value()).toList();
  }

  /** A text that is in the public domain, of 150 KB. */
  static String alice() {
    return new String(resource("/golden/text/alice.txt"), UTF_8);
  }

  private static JsonObject json(String name) throws JsonException {
    return JsonReader.readObject(resource("/golden/tokenizers/" + name), JsonLimits.DEFAULT);
  }

  private static byte[] resource(String path) {
    try (InputStream in = TokenizerGolden.class.getResourceAsStream(path)) {
      return Objects.requireNonNull(in, path).readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
