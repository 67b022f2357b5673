package ai.kolm.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class MachineTest {
  @Test
  void readsWhatLinuxSaysOnX86() {
    List<String> lines =
        List.of(
            "processor\t: 0",
            "model name\t: Some CPU @ 2.00GHz: fast",
            "flags\t\t: fpu sse avx2 fma f16c avx512f amx_int8 avx2000",
            "",
            "processor\t: 1",
            "model name\t: Another");
    Machine machine = Machine.of(lines);
    assertEquals("Some CPU @ 2.00GHz: fast", machine.cpu());
    assertEquals(List.of("avx2", "fma", "f16c", "avx512f", "amx_int8"), machine.features());
  }

  @Test
  void readsWhatLinuxSaysOnArm() {
    Machine machine =
        Machine.of(List.of("BogoMIPS\t: 50.00", "Features\t: fp asimd asimddp sve i8mm"));
    assertEquals(System.getProperty("os.arch"), machine.cpu());
    assertEquals(List.of("asimddp", "i8mm", "sve"), machine.features());
  }

  @Test
  void aSystemThatSaysNothingHasNoFeatures() {
    Machine machine = Machine.of(List.of());
    assertEquals(List.of(), machine.features());
    assertFalse(machine.cpu().isEmpty());
    assertTrue(machine.java().startsWith("25"), machine.java());
  }

  @Test
  void sizesOfCachesAreRead() {
    assertEquals(32L << 20, Machine.bytes("32768K"));
    assertEquals(96L << 20, Machine.bytes("96M"));
    for (String other : new String[] {"", "K", "12", "-1K", "1G", "9999999999K"}) {
      assertEquals(0, Machine.bytes(other), other);
    }
  }

  @Test
  void theBufferIsLargerThanTheCache() {
    assertEquals(512L << 20, ReadBandwidth.bufferBytes(OptionalLong.empty()));
    assertEquals(512L << 20, ReadBandwidth.bufferBytes(OptionalLong.of(1 << 20)));
    assertEquals(1024L << 20, ReadBandwidth.bufferBytes(OptionalLong.of(128L << 20)));
    assertEquals(2048L << 20, ReadBandwidth.bufferBytes(OptionalLong.of(1L << 40)));
  }
}
