package ai.kolm.weights;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Damaged model files, each refused with its own message, at once and cheaply. The list holds every
 * class of bad file that the tests of llama.cpp make by hand, and the published holes of other
 * readers.
 */
class DamagedFilesTest {
  private static final long MAX_NANOS = 1_000_000_000;
  private static final long MAX_BYTES = 256 << 10;
  private static final long TWO_63 = Long.MIN_VALUE;
  private static final String DTYPES = "\"dtype\":\"F32\",\"shape\":[3]";

  private static int refused;

  /**
   * A file and what is said of it.
   *
   * @param message a piece of it
   */
  record Damage(String name, byte[] bytes, String message) {
    @Override
    public String toString() {
      return name;
    }
  }

  @ParameterizedTest
  @MethodSource({"headers", "metadata", "tensors", "extents"})
  void ggufIsRefused(Damage damage) {
    assertRefused(damage, () -> GgufFile.read(MemorySegment.ofArray(damage.bytes), "bad.gguf"));
  }

  @ParameterizedTest
  @MethodSource({"safetensorsHeaders", "safetensorsTensors"})
  void safetensorsIsRefused(Damage damage) {
    assertRefused(
        damage, () -> SafetensorsFile.read(MemorySegment.ofArray(damage.bytes), "bad.safetensors"));
  }

  private interface Reader {
    WeightFile read() throws ModelFormatException;
  }

  private static void assertRefused(Damage damage, Reader reader) {
    long nanos = ThreadCost.nanos();
    ModelFormatException e = assertThrows(ModelFormatException.class, reader::read);
    nanos = ThreadCost.nanos() - nanos;
    String message = String.valueOf(e.getMessage());
    assertTrue(message.startsWith("bad."), message);
    assertTrue(message.contains(damage.message), "\"" + message + "\" says " + damage.message);
    assertTrue(nanos < MAX_NANOS, nanos + " ns");
    // The second time, what the first use of a class loads is no longer counted.
    long bytes = ThreadCost.bytes();
    assertThrows(ModelFormatException.class, reader::read);
    bytes = ThreadCost.bytes() - bytes;
    assertTrue(bytes < MAX_BYTES, bytes + " bytes allocated");
    refused++;
  }

  @AfterAll
  static void count() {
    System.out.printf("%d damaged model files refused%n", refused);
    assertTrue(refused >= 100, "the list is complete only as a whole");
  }

  static List<Damage> headers() {
    GgufBytes tiny = GgufBytes.tiny();
    return List.of(
        new Damage("empty", new byte[0], "at byte 0: magic: expected 4 bytes, but the file ends"),
        new Damage("one byte", tiny.cut(1), "magic: expected 4 bytes, but the file ends after 1"),
        new Damage("magic only", tiny.cut(4), "at byte 4: version: expected 4 bytes"),
        new Damage("bad magic", "FUGG".getBytes(UTF_8), "not a GGUF file: expected \"GGUF\""),
        new Damage("safetensors", SafetensorsBytes.tiny(), "not a GGUF file"),
        new Damage("version 0", tiny.with("version", 0), "GGUF version 0; supported: 2 and 3"),
        new Damage("version 1", tiny.with("version", 1), "GGUF version 1; supported: 2 and 3"),
        new Damage("version 4", tiny.with("version", 4), "GGUF version 4; supported: 2 and 3"),
        new Damage("version -1", tiny.with("version", -1), "GGUF version 4294967295; supported"),
        new Damage("big-endian", tiny.with("version", 3 << 24), "a big-endian GGUF file"),
        new Damage("cut after version", tiny.cutAfter("version"), "number of tensors: expected 8"),
        new Damage("cut in tensors", tiny.cut(15), "number of tensors: expected 8 bytes"),
        new Damage(
            "cut after tensors", tiny.cutAfter("tensors"), "of at least 33 bytes each, but 0 by"),
        new Damage(
            "2^63 tensors",
            tiny.with("tensors", TWO_63),
            "at byte 8: number of tensors: 9223372036854775808 declared, at most 65536 allowed"),
        new Damage("2^64-1 tensors", tiny.with("tensors", -1), "tensors: 18446744073709551615 d"),
        new Damage("65,537 tensors", tiny.with("tensors", 65_537), "65537 declared, at most 65536"),
        new Damage(
            "60,000 tensors",
            tiny.with("tensors", 60_000),
            "number of tensors: 60000 declared, of at least 33 bytes each, but"),
        new Damage("a tensor too many", tiny.with("tensors", 5), "tensor name: "),
        new Damage("2^63 entries", tiny.with("entries", TWO_63), "entries: 9223372036854775808 d"),
        new Damage("2^64-1 entries", tiny.with("entries", -1), "metadata entries: 18446744073709"),
        new Damage("65,537 entries", tiny.with("entries", 65_537), "at most 65536 allowed"),
        new Damage("60,000 entries", tiny.with("entries", 60_000), "of at least 14 bytes each"),
        new Damage("an entry too many", tiny.with("entries", 10), "the name of tensor 0"),
        new Damage("an entry too few", tiny.with("entries", 8), "tensor flags: 9 extents"));
  }

  static List<Damage> metadata() {
    GgufBytes tiny = GgufBytes.tiny();
    String key = "key general.architecture";
    return List.of(
        new Damage("key of 2^63", tiny.with("length of " + key, TWO_63), "metadata key: 92233720"),
        new Damage("key of 2^64-1", tiny.with("length of " + key, -1), "metadata key: 1844674407"),
        new Damage("key of 65,536", tiny.with("length of " + key, 65_536), "at most 65535 allowed"),
        new Damage("key beyond the end", tiny.with("length of " + key, 60_000), "bytes are left"),
        new Damage("empty key", tiny.with("length of " + key, 0), "metadata key 1 is empty or not"),
        new Damage("key with newline", tiny.withByteAfter("length of " + key, 8, '\n'), "key 1 is"),
        new Damage("key not ASCII", tiny.withByteAfter("length of " + key, 9, 0xE9), "key 1 is"),
        new Damage("duplicate key", duplicateKey(), "metadata key a appears twice"),
        new Damage(
            "value type 13", tiny.with("type of tiny.layers", 13), "value type 13, expected"),
        new Damage("value type -1", tiny.with("type of tiny.layers", -1), "value type 4294967295"),
        new Damage(
            "string of 2^63", tiny.with("length of architecture", TWO_63), "architecture: 9"),
        new Damage(
            "string of 1 GiB", tiny.with("length of architecture", 1 << 30), "at most 16777"),
        new Damage("string too long", tiny.with("length of architecture", 9_999), "bytes are left"),
        new Damage("cut in a string", cutString(), "metadata key a: 4 declared, of at lea"),
        new Damage("boolean 2", tiny.with("tied", 2), "tiny.tied: a boolean is 0 or 1, got 2"),
        new Damage("boolean -1 in array", tiny.with("flag", 255), "a boolean is 0 or 1, got 255"),
        new Damage("array of arrays", tiny.with("item type of tokens", 9), "an array of arrays"),
        new Damage("item type 99", tiny.with("item type of scores", 99), "scores: value type 99"),
        new Damage("2^63 items", tiny.with("length of scores", TWO_63), "scores, items: 92233720"),
        new Damage("2^62 items wrap", tiny.with("length of scores", 1L << 62), "at most 16777216"),
        new Damage(
            "2^24 items", tiny.with("length of scores", 1 << 24), "of at least 4 bytes each"),
        new Damage(
            "2^24 strings", tiny.with("length of tokens", 1 << 24), "of at least 8 bytes ea"),
        new Damage("string item too long", tiny.with("length of token", 9_999), "key tokens: 9999"),
        new Damage("alignment 0", tiny.with("alignment", 0), "a power of two from 8 to 65536, got"),
        new Damage("alignment 13", tiny.with("alignment", 13), "got uint32 13"),
        new Damage("alignment 4", tiny.with("alignment", 4), "got uint32 4"),
        new Damage("alignment 131,072", tiny.with("alignment", 1 << 17), "got uint32 131072"),
        new Damage("alignment signed", tiny.with("type of general.alignment", 5), "got int32 16"),
        new Damage(
            "alignment wrong", tiny.with("alignment", 64), "expected a multiple of the alig"));
  }

  private static byte[] cutString() {
    GgufBytes file = new GgufBytes().header(3, 0, 1).key("a", 8).string("text", "text");
    return file.cut(file.toArray().length - 2);
  }

  private static byte[] duplicateKey() {
    return new GgufBytes().header(3, 0, 2).key("a", 0).u8("", 0).key("a", 4).u32("", 0).toArray();
  }

  static List<Damage> tensors() {
    GgufBytes tiny = GgufBytes.tiny();
    String name = "length of name embedding";
    String type = "type of embedding";
    return List.of(
        new Damage("name of 2^63", tiny.with(name, TWO_63), "tensor name: 9223372036854775808"),
        new Damage("name of 65", tiny.with(name, 65), "65 declared, at most 64 allowed"),
        new Damage("empty name", tiny.with(name, 0), "the name of tensor 1 is empty"),
        new Damage("name not UTF-8", tiny.withByteAfter(name, 8, 0xFF), "tensor 1 is not UTF-8"),
        new Damage("duplicate name", sameTensorTwice(), "tensor t appears twice"),
        new Damage("rank 0", tiny.with("rank of embedding", 0), "embedding: 0 extents, expected 1"),
        new Damage("rank 5", tiny.with("rank of embedding", 5), "5 extents, expected 1 to 4"),
        new Damage("rank -1", tiny.with("rank of embedding", -1), "4294967295 extents, expected"),
        new Damage("extent 0", tiny.with("extent 1 of embedding", 0), "extent 0, expected 1 to"),
        new Damage(
            "extent -1", tiny.with("extent 1 of embedding", -1), "extent 184467440737095516"),
        new Damage("2^63 elements", tiny.with("extent 1 of embedding", 1L << 58), "multiply to mo"),
        new Damage("2^66 bytes", one(0, 0, 1L << 62, 1), "takes more than 2^63 - 1 bytes"),
        new Damage("2^64-16 bytes", one(0, 0, 4, (1 << 30) - 1, (1 << 30) + 1), "more than 2^63"),
        new Damage("part of a block", tiny.with("extent 0 of embedding", 31), "whole blocks of 32"),
        new Damage("Q4_K of 128", one(12, 0, 128, 2), "rows of Q4_K must be whole blocks of 256"),
        new Damage("type -1", tiny.with(type, -1), "embedding: type 4294967295 (unknown) is not"),
        new Damage("type 4", tiny.with(type, 4), "embedding: type 4 (Q4_2) is not supported; supp"),
        new Damage("type 16", tiny.with(type, 16), "type 16 (IQ2_XXS) is not supported; supported"),
        new Damage("type 34", tiny.with(type, 34), "type 34 (TQ1_0) is not supported; supported:"),
        new Damage(
            "type 99",
            tiny.with(type, 99),
            "tensor embedding: type 99 (unknown) is not supported; supported: F32, F16, Q4_0, Q4_1,"
                + " Q5_0, Q5_1, Q8_0, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL, BF16, MXFP4"),
        new Damage("cut in a name", tiny.cut(tiny.field(name).offset() + 12), "tensor name"),
        new Damage("cut in extents", tiny.cutAfter("extent 0 of half"), "extents of tensor half"),
        new Damage("cut before type", tiny.cutAfter("extent 3 of half"), "type of tensor"),
        new Damage("cut before offset", tiny.cutAfter(type), "offset of tensor embedding"));
  }

  private static byte[] one(int type, long offset, long... extents) {
    return new GgufBytes().header(3, 1, 0).tensor("t", type, offset, extents).toArray();
  }

  private static byte[] sameTensorTwice() {
    GgufBytes file = new GgufBytes().header(3, 2, 0);
    return file.tensor("t", 0, 0, 1).tensor("t", 0, 32, 1).pad(32).data(64).toArray();
  }

  static List<Damage> extents() {
    GgufBytes tiny = GgufBytes.tiny();
    String offset = "offset of embedding";
    int size = tiny.toArray().length;
    return List.of(
        new Damage("offset 2^63", tiny.with(offset, TWO_63), "offset 9223372036854775808, expec"),
        new Damage("offset -1", tiny.with(offset, -1), "offset 18446744073709551615, expected a"),
        new Damage("offset unaligned", tiny.with(offset, 33), "a multiple of the alignment 16"),
        new Damage("offset 2^63-16", tiny.with(offset, -16 & Long.MAX_VALUE), "but the file has 2"),
        new Damage(
            "offset at the end", tiny.with(offset, 208), "102 bytes from 208 of the data on"),
        new Damage("sizes that add up to 2^63", twoHuge(), "bytes from 0 of the data on, but the"),
        new Damage("same offset", tiny.with(offset, 0), "overlaps"),
        new Damage(
            "overlap by a row", tiny.with("extent 1 of embedding", 4), "tensor half overlaps"),
        new Damage(
            "much longer", tiny.with("extent 0 of brain", 1 << 20), "2097152 bytes from 192"),
        new Damage("last byte missing", tiny.cut(size - 1), "8 bytes from 192 of the data on, but"),
        new Damage("last tensor missing", tiny.cut(size - 8), "tensor brain BF16 [4]: 8 bytes"),
        new Damage("no data", tiny.cut(size - 200), "but the file has 0"),
        new Damage("cut in the padding", tiny.cutAfter("offset of brain"), "but the file has 0"),
        new Damage("packed tightly", one(0, 20, 5), "offset 20, expected a multiple of the alig"));
  }

  private static byte[] twoHuge() {
    GgufBytes file = new GgufBytes().header(3, 2, 0).tensor("a", 0, 0, 1L << 60);
    return file.tensor("b", 0, 1L << 62, 1L << 60).pad(32).data(64).toArray();
  }

  static List<Damage> safetensorsHeaders() {
    byte[] header = SafetensorsBytes.TINY.getBytes(UTF_8);
    List<Damage> damages = new ArrayList<>();
    damages.add(new Damage("empty", new byte[0], "header: expected 8 bytes, but the file ends"));
    damages.add(new Damage("seven bytes", new byte[7], "header: expected 8 bytes"));
    long[] lengths = {TWO_63, -1, (16 << 20) + 1, 1 << 20, header.length + 51};
    for (long length : lengths) {
      String message = "header: " + Long.toUnsignedString(length) + " declared";
      byte[] bytes = SafetensorsBytes.withLength(length, header, SafetensorsBytes.TINY_DATA);
      damages.add(new Damage("header of " + length, bytes, message));
    }
    addHeader(damages, "no header", "", "expected a JSON object");
    addHeader(damages, "space before", " {}", "expected a JSON object");
    addHeader(damages, "array", "[]", "expected a JSON object");
    addHeader(damages, "cut", "{\"a\":{", "header: ");
    addHeader(damages, "two values", "{}{}", "text after the JSON value");
    addHeader(damages, "same tensor twice", "{\"a\":{},\"a\":{}}", "duplicate key \"a\"");
    addHeader(damages, "same member twice", "{\"a\":{\"b\":1,\"b\":1}}", "duplicate key \"b\"");
    addHeader(damages, "lone surrogate", "{\"\\ud800\":{}}", "surrogate");
    addHeader(damages, "deep", "{\"a\":" + "[".repeat(5000), "nested deeper than 8");
    addHeader(damages, "number too large", "{\"a\":1e999}", "number out of range");
    addHeader(damages, "tensor is a number", "{\"a\":1}", "/a: expected an object");
    addHeader(damages, "tensor is null", "{\"a\":null}", "/a is missing");
    addHeader(damages, "metadata is text", "{\"__metadata__\":\"x\"}", "expected an object");
    addHeader(damages, "metadata holds 1", "{\"__metadata__\":{\"x\":1}}", "/__metadata__/x: expe");
    byte[] notUtf8 = "{\"\u00e9\":{}}".getBytes(ISO_8859_1);
    damages.add(new Damage("not UTF-8", SafetensorsBytes.of(notUtf8, 0), "not valid UTF-8"));
    ByteBuffer bom = ByteBuffer.allocate(5).put((byte) 0xEF).put((byte) 0xBB).put((byte) 0xBF);
    byte[] withBom = bom.put((byte) '{').put((byte) '}').array();
    damages.add(new Damage("BOM", SafetensorsBytes.of(withBom, 0), "expected a JSON object"));
    return damages;
  }

  private static void addHeader(List<Damage> damages, String name, String header, String message) {
    damages.add(new Damage(name, SafetensorsBytes.of(header, 0), message));
  }

  static List<Damage> safetensorsTensors() {
    List<Damage> damages = new ArrayList<>();
    String norm = "\"norm\":{" + DTYPES;
    String offsets = "[8,20]";
    addTiny(damages, "dtype missing", DTYPES, "\"shape\":[3]", "/norm/dtype is missing");
    addTiny(damages, "dtype unknown", DTYPES, "\"dtype\":\"F33\",\"shape\":[3]", "dtype F33");
    addTiny(damages, "dtype number", DTYPES, "\"dtype\":32,\"shape\":[3]", "expected a string");
    addTiny(damages, "shape missing", norm, "\"norm\":{\"dtype\":\"F32\"", "/norm/shape is miss");
    addTiny(damages, "shape text", "[3]", "\"3\"", "/norm/shape: expected an array");
    addTiny(damages, "extent negative", "[3]", "[-3]", "/norm/shape/0: expected an integer from 0");
    addTiny(damages, "extent real", "[3]", "[3.0]", "/norm/shape/0: expected an integer");
    addTiny(damages, "extent 2^63", "[3]", "[9223372036854775808]", "expected an integer from 0");
    addTiny(
        damages, "extents overflow", "[3]", "[4294967296,4294967296]", "more than 2^63 - 1 bits");
    addTiny(damages, "bits overflow", "[3]", "[1152921504606846976]", "takes more than 2^63 - 1 b");
    addTiny(
        damages, "half a byte", "\"shape\":[4]", "\"shape\":[3]", "fours: F4 [3] ends within a");
    addTiny(damages, "shape too large", "[3]", "[4]", "12 bytes of data, expected 16 for F32 [4]");
    addTiny(damages, "shape too small", "[3]", "[2]", "12 bytes of data, expected 8 for F32 [2]");
    addTiny(damages, "offsets missing", ",\"data_offsets\":[8,20]", "", "data_offsets is missing");
    addTiny(damages, "one offset", offsets, "[8]", "data_offsets [8], expected [begin, end]");
    addTiny(damages, "three offsets", offsets, "[8,20,20]", "data_offsets [8, 20, 20], expected");
    addTiny(damages, "end before begin", offsets, "[20,8]", "data_offsets [20, 8], expected");
    addTiny(damages, "end outside", offsets, "[40,52]", "expected [begin, end] within 50 bytes");
    addTiny(damages, "end 2^63-1", offsets, "[8,9223372036854775807]", "within 50 bytes of data");
    addTiny(damages, "offset negative", offsets, "[-4,8]", "/norm/data_offsets/0: expected an in");
    addTiny(damages, "overlap", offsets, "[4,16]", "data from 4 on, expected from 8 on");
    addTiny(damages, "hole", "[0,8]", "[8,16]", "expected from 0 on");
    byte[] tiny = SafetensorsBytes.tiny();
    byte[] cut = Arrays.copyOf(tiny, tiny.length - 1);
    byte[] more = Arrays.copyOf(tiny, tiny.length + 1);
    damages.add(new Damage("data cut", cut, "within 49 bytes of data"));
    damages.add(new Damage("data behind", more, "the tensors end at 50 of the data, but the file"));
    return damages;
  }

  private static void addTiny(
      List<Damage> damages, String name, String old, String replacement, String message) {
    byte[] bytes = SafetensorsBytes.tinyWith(old, replacement);
    damages.add(new Damage(name, bytes, message));
  }

  @Test
  void theFilesThatAreDamagedHereAreGoodBefore() throws ModelFormatException {
    assertEquals(4, GgufFile.read(GgufBytes.tiny().toSegment(), "tiny").tensors().size());
    byte[] tiny = SafetensorsBytes.tiny();
    assertEquals(3, SafetensorsFile.read(MemorySegment.ofArray(tiny), "tiny").tensors().size());
  }

  @Test
  void aHeaderOfVeryManyValuesIsRefusedBeforeTheyAreMade() {
    String values = "{\"a\":[" + "0,".repeat(200) + "0]}";
    SequencedMap<String, MemorySegment> files = new LinkedHashMap<>();
    files.put("many", SafetensorsBytes.segment(values, 0));
    ModelFormatException e =
        assertThrows(
            ModelFormatException.class,
            () -> SafetensorsFile.read(files, new WeightLimits(10, 10, 10, 10, 1000)));
    assertEquals("many: header: 200 commas, more than 10 tensors need", e.getMessage());
  }
}
