package ai.kolm.weights;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.tensor.BlockFormat;
import ai.kolm.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Every small change of a valid file: cut at every offset, every byte to six others, every integer
 * to its boundary values, every pair of counts. Whatever the file says, the reader refuses it with
 * its own exception or gives something that can be used, and allocates little.
 */
class MutationSweepTest {
  private static final long MAX_BYTES = 256 << 10;

  /** Reads a file and uses all of it. */
  private interface Target {
    void use(MemorySegment file) throws ModelFormatException;
  }

  /** What came of a sweep. */
  private static final class Sweep {
    private final Target target;
    private final List<String> findings = new ArrayList<>();
    private final long started = ThreadCost.nanos();
    private int files;
    private int refused;

    Sweep(Target target) {
      this.target = target;
    }

    void tryFile(String name, byte[] file) {
      files++;
      long allocated = use(name, file);
      if (allocated > MAX_BYTES) {
        // The first use of a class allocates what it loads, so this may be none of the file's.
        allocated = use(name, file);
      }
      if (allocated > MAX_BYTES) {
        findings.add(name + ": " + allocated + " bytes allocated");
      }
    }

    void print(String format) {
      System.out.printf(
          "%s sweep: %d files, %d refused, %d ms of processor%n",
          format, files, refused, (ThreadCost.nanos() - started) / 1_000_000);
    }

    /** Uses a file; returns the bytes allocated. */
    private long use(String name, byte[] file) {
      long before = ThreadCost.bytes();
      try {
        target.use(MemorySegment.ofArray(file));
      } catch (ModelFormatException e) {
        refused++;
      } catch (RuntimeException | Error e) {
        findings.add(name + ": " + e);
      }
      return ThreadCost.bytes() - before;
    }
  }

  @Test
  void ggufSurvivesEveryChange() {
    Sweep sweep = sweepGguf(MutationSweepTest::useGguf);
    sweep.print("GGUF");
    assertEquals(List.of(), sweep.findings);
    assertTrue(sweep.files > 10_000 && sweep.refused > sweep.files / 3);
  }

  @Test
  void safetensorsSurvivesEveryChange() {
    Sweep sweep = sweepSafetensors(MutationSweepTest::useSafetensors);
    sweep.print("safetensors");
    assertEquals(List.of(), sweep.findings);
    assertTrue(sweep.files > 4_000 && sweep.refused > sweep.files / 3);
  }

  /** The canary: holes planted in a reader are found, so the sweep would find ours. */
  @Test
  void aReaderWithAHoleIsCaught() {
    Target throwing =
        file -> {
          useGguf(file);
          throw new IndexOutOfBoundsException("planted");
        };
    byte[] gguf = GgufBytes.tiny().toArray();
    assertTrue(sweepBytes(throwing, gguf).findings.getFirst().endsWith("Exception: planted"));
    Target greedy =
        file -> {
          if (file.byteSize() > 0 && file.get(GgufBytes.U8, 0) == 0x7F) {
            MemorySegment copy = MemorySegment.ofArray(new byte[1 << 20]);
            useGguf(copy.copyFrom(file).asSlice(0, file.byteSize()));
          }
          useGguf(file);
        };
    assertTrue(sweepBytes(greedy, gguf).findings.getFirst().endsWith("bytes allocated"));
    Target unchecked =
        file -> {
          // Data that would begin behind the header, were the length before it forgotten.
          useSafetensors(file);
          file.asSlice(file.get(GgufBytes.U64, 0), SafetensorsBytes.TINY_DATA + 9);
        };
    assertFalse(sweepBytes(unchecked, SafetensorsBytes.tiny()).findings.isEmpty());
  }

  private static void useGguf(MemorySegment bytes) throws ModelFormatException {
    GgufFile file = GgufFile.read(bytes, "x");
    Metadata metadata = file.metadata();
    List<ModelFormatException> refused = new ArrayList<>();
    for (String key : metadata.keys()) {
      for (Getter getter : GETTERS) {
        try {
          getter.get(metadata, key);
        } catch (ModelFormatException e) {
          refused.add(e);
        }
      }
    }
    assertTrue(refused.size() >= metadata.keys().size(), "a value is not of every kind");
    file.tensors().forEach(MutationSweepTest::decode);
  }

  private interface Getter {
    Object get(Metadata metadata, String key) throws ModelFormatException;
  }

  private static final List<Getter> GETTERS =
      List.of(
          Metadata::findString,
          Metadata::findInteger,
          Metadata::findNumber,
          Metadata::findBoolean,
          Metadata::strings,
          Metadata::integers,
          Metadata::floats);

  private static void useSafetensors(MemorySegment bytes) throws ModelFormatException {
    SafetensorsFile file = SafetensorsFile.read(bytes, "x");
    file.tensors().forEach(MutationSweepTest::decode);
  }

  private static void decode(Tensor tensor) {
    int elements = Math.toIntExact(tensor.shape().elements());
    float[] values = new float[elements];
    BlockFormat.of(tensor.type())
        .decode(tensor.data(), 0, values, 0, elements / tensor.type().blockSize());
  }

  private static Sweep sweepGguf(Target target) {
    GgufBytes tiny = GgufBytes.tiny();
    Sweep sweep = sweepBytes(target, tiny.toArray());
    for (GgufBytes.Field field : tiny.fields()) {
      for (long value : boundaries(tiny.toArray().length - field.offset())) {
        sweep.tryFile(field + " = " + value, tiny.with(field, value));
      }
    }
    GgufBytes.Field tensors = tiny.field("tensors");
    GgufBytes.Field entries = tiny.field("entries");
    for (long tensorCount : boundaries(tiny.toArray().length)) {
      for (long entryCount : boundaries(tiny.toArray().length)) {
        byte[] file = tiny.with(tensors, tensorCount);
        MemorySegment.ofArray(file).set(GgufBytes.U64, entries.offset(), entryCount);
        sweep.tryFile("counts " + tensorCount + ", " + entryCount, file);
      }
    }
    return sweep;
  }

  private static Sweep sweepSafetensors(Target target) {
    byte[] tiny = SafetensorsBytes.tiny();
    Sweep sweep = sweepBytes(target, tiny);
    for (long length : boundaries(tiny.length)) {
      byte[] header = SafetensorsBytes.TINY.getBytes(UTF_8);
      sweep.tryFile(
          "header of " + length,
          SafetensorsBytes.withLength(length, header, SafetensorsBytes.TINY_DATA));
    }
    for (MatchResult number :
        Pattern.compile("(?<=[\\[,])\\d+").matcher(SafetensorsBytes.TINY).results().toList()) {
      for (long value : boundaries(SafetensorsBytes.TINY_DATA)) {
        for (String text :
            List.of(Long.toString(value), Long.toUnsignedString(value), value + ".0")) {
          String header =
              SafetensorsBytes.TINY.substring(0, number.start())
                  + text
                  + SafetensorsBytes.TINY.substring(number.end());
          sweep.tryFile(
              text + " at " + number.start(),
              SafetensorsBytes.of(header, SafetensorsBytes.TINY_DATA));
        }
      }
    }
    return sweep;
  }

  private static Sweep sweepBytes(Target target, byte[] file) {
    Sweep sweep = new Sweep(target);
    for (int length = 0; length < file.length; length++) {
      sweep.tryFile("cut to " + length, Arrays.copyOf(file, length));
    }
    for (int i = 0; i < file.length; i++) {
      for (int value : new int[] {0x00, 0x01, 0x7F, 0x80, 0xFF, file[i] ^ 1}) {
        byte[] changed = file.clone();
        changed[i] = (byte) value;
        sweep.tryFile("byte " + i + " = " + value, changed);
      }
    }
    return sweep;
  }

  /** Integers at which arithmetic goes wrong, and those around the bytes that are left. */
  private static Set<Long> boundaries(long remaining) {
    Set<Long> values = new LinkedHashSet<>();
    for (int power : new int[] {0, 5, 7, 8, 15, 16, 24, 31, 32, 53, 60, 61, 62, 63}) {
      for (int delta = -1; delta <= 1; delta++) {
        values.add((1L << power) + delta);
      }
    }
    for (int delta = -1; delta <= 1; delta++) {
      values.add(remaining + delta);
      values.add(-1L + delta);
    }
    return values;
  }
}
