package ai.kolm.kernels.x86;

import static ai.kolm.kernels.x86.Register.R8;
import static ai.kolm.kernels.x86.Register.RAX;
import static ai.kolm.kernels.x86.Register.RBX;
import static ai.kolm.kernels.x86.Register.RCX;
import static ai.kolm.kernels.x86.Register.RDI;
import static ai.kolm.kernels.x86.Register.RDX;
import static ai.kolm.kernels.x86.Register.RSI;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * What the processor can do and the system lets it: CPUID, and the register state that the system
 * saves. Never inferred from the processor's model.
 *
 * @param avx2 256-bit vectors, with fused multiply-add and half-precision conversion
 * @param avx512 512-bit vectors of bytes and words too (F, BW, VL, DQ)
 * @param vnni integer dot products in 512-bit vectors
 * @param amx products of tiles of bfloat16, and vectors rounded to that; see {@link #permitted}
 */
public record CpuFeatures(boolean avx2, boolean avx512, boolean vnni, boolean amx) {
  /** What a processor has of which nothing is known. */
  public static final CpuFeatures NONE = new CpuFeatures(false, false, false, false);

  private static final int AVX_STATE = 0x6;
  private static final int AVX512_STATE = 0xE6;
  private static final int TILE_STATE = 0x6_0000;

  // Linux lets a process use the state of tiles only once it has asked: arch_prctl(2).
  private static final int ARCH_PRCTL = 158;
  private static final int ARCH_REQ_XCOMP_PERM = 0x1023;
  private static final int XFEATURE_XTILEDATA = 18;

  /**
   * Asks the processor.
   *
   * @throws IllegalStateException if the system refuses executable memory
   */
  public static CpuFeatures detect(CodeSpace space) {
    Routine cpuid = space.place(cpuidCode());
    Routine xgetbv = space.place(xgetbvCode());
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment registers = arena.allocate(16, 8);
      int highest = query(cpuid, registers, 0, 0)[0];
      int[] basic = query(cpuid, registers, 1, 0);
      int[] more = highest >= 7 ? query(cpuid, registers, 7, 0) : new int[4];
      boolean saved = bit(basic[2], 27);
      int state = saved ? query(xgetbv, registers, 0, 0)[0] : 0;
      boolean avx2 =
          (state & AVX_STATE) == AVX_STATE
              && bit(basic[2], 28)
              && bit(basic[2], 12)
              && bit(basic[2], 29)
              && bit(more[1], 5);
      boolean avx512 =
          avx2
              && (state & AVX512_STATE) == AVX512_STATE
              && bit(more[1], 16)
              && bit(more[1], 17)
              && bit(more[1], 30)
              && bit(more[1], 31);
      boolean vnni = avx512 && bit(more[2], 11);
      boolean tiles =
          vnni
              && (state & TILE_STATE) == TILE_STATE
              && bit(more[3], 22)
              && bit(more[3], 24)
              && more[0] >= 1
              && bit(query(cpuid, registers, 7, 1)[0], 5);
      return new CpuFeatures(avx2, avx512, vnni, tiles);
    }
  }

  /**
   * These, with AMX only if the system saves the tiles of all threads of this process from now on.
   * Who does not use tiles should not ask: stacks for signals must then be larger, those of other
   * libraries too.
   */
  public CpuFeatures permitted(CodeSpace space) {
    return amx && !mayUseTiles(space) ? new CpuFeatures(avx2, avx512, vnni, false) : this;
  }

  private static boolean mayUseTiles(CodeSpace space) {
    if (!System.getProperty("os.name", "").startsWith("Linux")) {
      return false;
    }
    Assembler a = new Assembler();
    a.endbr64();
    a.mov(R8, RDI);
    a.mov(RDI, ARCH_REQ_XCOMP_PERM);
    a.mov(RSI, XFEATURE_XTILEDATA);
    a.mov(RAX, ARCH_PRCTL);
    a.syscall();
    a.store(R8.at(0), RAX);
    a.ret();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment answer = arena.allocate(Integer.BYTES, 8);
      space.place(a).call(answer.address());
      return answer.get(ValueLayout.JAVA_INT, 0) == 0;
    }
  }

  /** Those that are there, in words. */
  @Override
  public String toString() {
    List<String> names = new ArrayList<>();
    if (avx2) {
      names.add("AVX2");
    }
    if (avx512) {
      names.add("AVX-512");
    }
    if (vnni) {
      names.add("VNNI");
    }
    if (amx) {
      names.add("AMX");
    }
    return names.isEmpty() ? "no AVX2" : String.join(" ", names);
  }

  private static boolean bit(int word, int number) {
    return ((word >>> number) & 1) != 0;
  }

  /** EAX, EBX, ECX, EDX. */
  private static int[] query(Routine routine, MemorySegment registers, int eax, int ecx) {
    registers.set(ValueLayout.JAVA_INT, 0, eax);
    registers.set(ValueLayout.JAVA_INT, 8, ecx);
    routine.call(registers.address());
    return registers.toArray(ValueLayout.JAVA_INT);
  }

  private static Assembler cpuidCode() {
    Assembler a = new Assembler();
    a.endbr64();
    a.push(RBX);
    a.movInt(RAX, RDI.at(0));
    a.movInt(RCX, RDI.at(8));
    a.cpuid();
    a.store(RDI.at(0), RAX);
    a.store(RDI.at(4), RBX);
    a.store(RDI.at(8), RCX);
    a.store(RDI.at(12), RDX);
    a.pop(RBX);
    a.ret();
    return a;
  }

  private static Assembler xgetbvCode() {
    Assembler a = new Assembler();
    a.endbr64();
    a.movInt(RCX, RDI.at(8));
    a.xgetbv();
    a.store(RDI.at(0), RAX);
    a.store(RDI.at(4), RDX);
    a.ret();
    return a;
  }
}
