package ai.kolm.kernels.x86;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * Every instruction against what the GNU assembler makes of its text. golden/x86/instructions.tsv
 * has a line "hexadecimal, tab, text" per instruction; scripts/golden/x86_instructions.py makes it
 * from the texts that {@link #main} prints.
 */
class AssemblerTest {
  private static final HexFormat HEX = HexFormat.of();
  private static final int[] DISPLACEMENTS = {0, 8, 127, 128, -128, 4096, 100_000};

  /** Those with a peculiar encoding as base, and two without, one of them among the upper eight. */
  private static final Set<Register> BASES =
      EnumSet.of(Register.RAX, Register.RSP, Register.RBP, Register.R9, Register.R12, Register.R13);

  /** Prints the texts of all instructions that are tested. */
  public static void main(String[] arguments) {
    instructions().keySet().forEach(System.out::println);
  }

  @Test
  void encodingsAreThoseOfTheGnuAssembler() throws IOException {
    Map<String, String> expected = golden();
    Map<String, String> actual = instructions();
    assertTrue(actual.size() > 1_000, "instructions: " + actual.size());
    for (Map.Entry<String, String> instruction : actual.entrySet()) {
      assertEquals(
          expected.get(instruction.getKey()), instruction.getValue(), instruction.getKey());
    }
    assertEquals(expected.size(), actual.size());
  }

  private static Map<String, String> golden() throws IOException {
    Map<String, String> golden = new LinkedHashMap<>();
    try (InputStream in = AssemblerTest.class.getResourceAsStream("/golden/x86/instructions.tsv")) {
      for (String line : new String(in.readAllBytes(), UTF_8).lines().toList()) {
        String[] fields = line.split("\t", -1);
        golden.put(fields[1], fields[0]);
      }
    }
    return golden;
  }

  /** Text to code, in hexadecimal. */
  private static Map<String, String> instructions() {
    Map<String, String> all = new LinkedHashMap<>();
    for (Register r : Register.values()) {
      for (Register s : List.of(Register.RAX, Register.RSP, Register.R9, Register.R13)) {
        add(all, a -> a.mov(r, s));
        for (Assembler.Arithmetic op : Assembler.Arithmetic.values()) {
          add(all, a -> a.arithmetic(op, r, s));
          add(all, a -> a.arithmetic(op, r, 100));
          add(all, a -> a.arithmetic(op, r, -100_000));
        }
      }
      add(all, a -> a.mov(r, 123_456));
      add(all, a -> a.push(r));
      add(all, a -> a.pop(r));
    }
    for (Register base : BASES) {
      for (int displacement : DISPLACEMENTS) {
        memory(all, base.at(displacement));
      }
      memory(all, base.at(Register.RBP, 1, 0));
      memory(all, base.at(Register.R12, 4, 64));
    }
    add(all, Assembler::cpuid);
    add(all, Assembler::xgetbv);
    add(all, Assembler::syscall);
    add(all, Assembler::endbr64);
    add(all, Assembler::vzeroupper);
    add(all, Assembler::ret);
    tiles(all);
    for (int width : new int[] {16, 32, 64}) {
      for (VectorOp op : VectorOp.values()) {
        vectors(all, op, width);
      }
    }
    return all;
  }

  private static void tiles(Map<String, String> all) {
    add(all, a -> new AmxTiles(a).release());
    for (int tile = 0; tile < AmxTiles.REGISTERS; tile++) {
      int dst = tile;
      add(all, a -> new AmxTiles(a).zero(dst));
      add(all, a -> new AmxTiles(a).multiplyAdd(dst, (dst + 5) % 8, (dst + 3) % 8));
    }
    for (Register base : BASES) {
      for (int displacement : DISPLACEMENTS) {
        add(all, a -> new AmxTiles(a).configure(base.at(displacement)));
        for (Register stride : List.of(Register.RCX, Register.R10)) {
          add(all, a -> new AmxTiles(a).load(5, base.at(stride, 1, displacement)));
          add(all, a -> new AmxTiles(a).store(base.at(stride, 1, displacement), 3));
        }
      }
    }
  }

  private static void memory(Map<String, String> all, Address address) {
    add(all, a -> a.mov(Register.R8, address));
    add(all, a -> a.mov(address, Register.RDX));
    add(all, a -> a.movInt(Register.R11, address));
    add(all, a -> a.store(address, Register.RSI));
    add(all, a -> a.lea(Register.RCX, address));
    add(all, a -> a.prefetch(address));
    add(all, a -> a.arithmetic(Assembler.Arithmetic.ADD, Register.R10, address));
    for (int width : new int[] {32, 64}) {
      add(all, width, v -> v.load(9, address));
      add(all, width, v -> v.store(address, width == 64 ? 31 : 15));
      add(all, width, v -> v.op(VectorOp.VFMADD231PS, 3, 12, address));
      add(all, width, v -> v.op(VectorOp.VCVTPH2PS, 3, address));
      add(all, width, v -> v.broadcast(8, address));
      add(all, width, v -> v.storeHalves(address, 9));
    }
    add(all, 16, v -> v.storeWord(address, 9, 3));
  }

  private static void vectors(Map<String, String> all, VectorOp op, int width) {
    boolean evex = width == 64;
    boolean possible =
        switch (op) {
          case VPDPWSSD, VPDPBUSD, VEXTRACTF64X4, VCVTNE2PS2BF16, VPERMW -> evex;
          case VEXTRACTF128 -> width == 32;
          case VPERMQ -> width != 16;
          case VMOVSS, VPEXTRW -> false;
          default -> true;
        };
    if (!possible) {
      if (op == VectorOp.VMOVSS && width == 16) {
        add(all, width, v -> v.storeFirst(Register.R8.at(12), 9));
      }
      return;
    }
    int[] registers = evex ? new int[] {7, 15, 16, 31} : new int[] {7, 15};
    for (int r : registers) {
      for (int s : registers) {
        switch (op.form) {
          case RVM -> {
            add(all, width, v -> v.op(op, r, s, 5));
            add(all, width, v -> v.op(op, 5, r, s));
            add(all, width, v -> v.op(op, r, s, Register.R9.at(64)));
          }
          case RM, RM_HALF, RM_ELEMENT -> add(all, width, v -> v.op(op, r, s));
          case RVMI -> add(all, width, v -> v.op(op, r, s, 9, 0x1B));
          case MRI_WORD -> throw new IllegalStateException(op + " has no such operands");
          case RMI, SHIFT, MRI_HALF -> add(all, width, v -> v.immediate(op, r, s, 1));
        }
      }
    }
  }

  private static void add(Map<String, String> all, int width, Consumer<Vectors> instruction) {
    add(all, a -> instruction.accept(new Vectors(a, width)));
  }

  private static void add(Map<String, String> all, Consumer<Assembler> instruction) {
    Assembler assembler = new Assembler(true);
    instruction.accept(assembler);
    all.put(assembler.listing().getFirst(), HEX.formatHex(assembler.assemble()));
  }

  @Test
  void registersThatVexCannotNameAreRefused() {
    Vectors v = new Vectors(new Assembler(), 32);
    assertThrows(IllegalArgumentException.class, () -> v.op(VectorOp.VADDPS, 16, 0, 0));
    assertThrows(IllegalArgumentException.class, () -> v.op(VectorOp.VMOVUPS, 1, 0, 0));
    assertThrows(
        IllegalArgumentException.class, () -> new Address(Register.RAX, Register.RSP, 1, 0));
  }

  @Test
  void aJumpToNowhereIsRefused() {
    Assembler a = new Assembler();
    a.jump(a.label());
    assertThrows(IllegalStateException.class, a::assemble);
  }

  /** Jumps both ways, in code that runs: the sum of the numbers below the first parameter. */
  @Test
  void loopsRun() {
    Assumptions.assumeTrue(
        CodeMemory.obstacle().isEmpty(), () -> "not run: " + CodeMemory.obstacle());
    Assembler a = new Assembler();
    Assembler.Label end = a.label();
    a.endbr64();
    a.mov(Register.RCX, Register.RDI.at(0));
    a.mov(Register.RAX, 0);
    Assembler.Label loop = a.here();
    a.sub(Register.RCX, 1);
    a.arithmetic(Assembler.Arithmetic.CMP, Register.RCX, 0);
    a.jump(Assembler.Condition.L, end);
    a.add(Register.RAX, Register.RCX);
    a.jump(loop);
    a.bind(end);
    a.mov(Register.RDI.at(8), Register.RAX);
    a.ret();
    Routine routine = new CodeMemory().place(a);
    List<Long> sums = new ArrayList<>();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment parameters = arena.allocate(16, 8);
      for (long n : new long[] {0, 1, 2, 1000}) {
        parameters.set(ValueLayout.JAVA_LONG, 0, n);
        routine.call(parameters.address());
        sums.add(parameters.get(ValueLayout.JAVA_LONG, 8));
      }
    }
    assertEquals(List.of(0L, 0L, 1L, 499_500L), sums);
  }
}
