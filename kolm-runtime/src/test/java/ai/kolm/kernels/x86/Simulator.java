package ai.kolm.kernels.x86;

import ai.kolm.kernels.x86.VectorOp.Form;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A processor in Java for the instructions that {@link Assembler} and {@link Vectors} know: it
 * decodes their bytes and does what the manual says, on the memory of this process. So routines for
 * processors that nobody has at hand are run before they are shipped. Not for speed.
 */
public final class Simulator implements CodeSpace {
  private static final MemorySegment ALL = all();

  @SuppressWarnings("restricted")
  private static MemorySegment all() {
    return MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
  }

  @Override
  public Routine place(Assembler code) {
    byte[] bytes = code.assemble();
    List<Decoder.Instruction> program = new ArrayList<>();
    Map<Integer, Integer> index = new HashMap<>();
    Decoder decoder = new Decoder(bytes);
    while (decoder.position() < bytes.length) {
      index.put(decoder.position(), program.size());
      program.add(decoder.next());
    }
    return parameters -> new Processor(program, index).run(parameters);
  }

  /** The state of one run. */
  private static final class Processor {
    private final List<Decoder.Instruction> program;
    private final Map<Integer, Integer> index;
    private final long[] registers = new long[16];
    private final int[][] vectors = new int[32][16];
    private final SimulatedTiles tiles = new SimulatedTiles(ALL);
    private long difference;

    Processor(List<Decoder.Instruction> program, Map<Integer, Integer> index) {
      this.program = program;
      this.index = index;
    }

    void run(long parameters) {
      registers[Register.RDI.number()] = parameters;
      int at = 0;
      while (true) {
        Decoder.Instruction instruction = program.get(at++);
        switch (instruction) {
          case Decoder.Return _ -> {
            if (tiles.configured()) {
              throw new IllegalStateException("tiles are live when the routine returns");
            }
            return;
          }
          case Decoder.Jump jump -> {
            if (jump.condition() < 0 || holds(jump.condition())) {
              at = index.getOrDefault(jump.target(), program.size());
            }
          }
          case Decoder.Scalar scalar -> scalar(scalar);
          case Decoder.Vector vector -> vector(vector);
          case Decoder.Tile tile -> tile(tile);
          case Decoder.Nothing _ -> {}
        }
      }
    }

    private boolean holds(int condition) {
      return switch (condition) {
        case 4 -> difference == 0;
        case 5 -> difference != 0;
        case 12 -> difference < 0;
        case 13 -> difference >= 0;
        default -> throw new IllegalStateException("condition " + condition);
      };
    }

    private long address(Decoder.Place place) {
      long address = registers[place.base()] + place.displacement();
      return place.index() < 0 ? address : address + registers[place.index()] * place.scale();
    }

    private long read(Decoder.Operand operand, boolean wide) {
      return switch (operand) {
        case Decoder.Constant constant -> constant.value();
        case Decoder.RegisterNumber number ->
            wide ? registers[number.register()] : registers[number.register()] & 0xFFFFFFFFL;
        case Decoder.Place place ->
            wide
                ? ALL.get(ValueLayout.JAVA_LONG_UNALIGNED, address(place))
                : ALL.get(ValueLayout.JAVA_INT_UNALIGNED, address(place)) & 0xFFFFFFFFL;
      };
    }

    private void scalar(Decoder.Scalar s) {
      switch (s.operation()) {
        case MOV -> write(s.target(), read(s.source(), s.wide()), s.wide());
        case LEA -> write(s.target(), address((Decoder.Place) s.source()), true);
        case ADD -> result(s.target(), read(s.target(), true) + read(s.source(), true));
        case SUB -> result(s.target(), read(s.target(), true) - read(s.source(), true));
        case CMP -> difference = read(s.target(), true) - read(s.source(), true);
      }
    }

    private void result(Decoder.Operand target, long value) {
      difference = value;
      write(target, value, true);
    }

    private void write(Decoder.Operand target, long value, boolean wide) {
      switch (target) {
        case Decoder.RegisterNumber number -> registers[number.register()] = value;
        case Decoder.Place place -> {
          if (wide) {
            ALL.set(ValueLayout.JAVA_LONG_UNALIGNED, address(place), value);
          } else {
            ALL.set(ValueLayout.JAVA_INT_UNALIGNED, address(place), (int) value);
          }
        }
        case Decoder.Constant _ -> throw new IllegalStateException("a constant as target");
      }
    }

    private void tile(Decoder.Tile t) {
      switch (t.op()) {
        case LDTILECFG -> tiles.configure(address((Decoder.Place) t.operand()));
        case TILERELEASE -> tiles.release();
        case TILEZERO -> tiles.zero(t.register());
        case TILELOADD -> tiles.load(t.register(), start(t.operand()), stride(t.operand()));
        case TILESTORED -> tiles.store(t.register(), start(t.operand()), stride(t.operand()));
        case TDPBF16PS -> {
          int a = ((Decoder.RegisterNumber) t.operand()).register();
          tiles.multiplyAdd(t.register(), a, t.second());
        }
      }
    }

    private long start(Decoder.Operand operand) {
      Decoder.Place place = (Decoder.Place) operand;
      return registers[place.base()] + place.displacement();
    }

    private long stride(Decoder.Operand operand) {
      Decoder.Place place = (Decoder.Place) operand;
      return registers[place.index()] * place.scale();
    }

    private int[] vector(Decoder.Operand operand, int bytes) {
      return switch (operand) {
        case Decoder.RegisterNumber number -> vectors[number.register()];
        case Decoder.Place place -> {
          int[] value = new int[16];
          for (int i = 0; i < bytes / 4; i++) {
            value[i] = ALL.get(ValueLayout.JAVA_INT_UNALIGNED, address(place) + 4L * i);
          }
          yield value;
        }
        case Decoder.Constant _ -> throw new IllegalStateException("a constant as vector");
      };
    }

    private void vector(Decoder.Vector v) {
      VectorOp op = v.op();
      int lanes = v.width() / 4;
      int bytes = op.memoryBytes(v.width());
      if (v.store()) {
        int[] source = vectors[v.register()];
        if (v.operand() instanceof Decoder.RegisterNumber number) {
          // A move between registers, as a store, or the upper half.
          set(number.register(), source, lanes);
        } else {
          long to = address((Decoder.Place) v.operand());
          for (int i = 0; i < bytes / 4; i++) {
            ALL.set(ValueLayout.JAVA_INT_UNALIGNED, to + 4L * i, source[i]);
          }
        }
        return;
      }
      if (op == VectorOp.VCVTPS2PH) {
        halves(v.operand(), vectors[v.register()], lanes);
        return;
      }
      if (op == VectorOp.VPEXTRW) {
        int word = vectors[v.register()][v.immediate() / 2] >> (16 * (v.immediate() % 2));
        long to = address((Decoder.Place) v.operand());
        ALL.set(ValueLayout.JAVA_SHORT_UNALIGNED, to, (short) word);
        return;
      }
      int[] b = vector(v.operand(), bytes);
      if (op.form == Form.MRI_HALF) {
        int half = lanes / 2;
        int[] from = vectors[v.register()];
        int[] upper = new int[16];
        System.arraycopy(from, half * v.immediate(), upper, 0, half);
        set(((Decoder.RegisterNumber) v.operand()).register(), upper, half);
        return;
      }
      int target = op.form == Form.SHIFT ? v.second() : v.register();
      int[] result = Lanes.apply(op, vectors[target], vectors[v.second()], b, v.immediate(), lanes);
      set(target, result, lanes);
    }

    private void halves(Decoder.Operand target, int[] source, int lanes) {
      int[] pairs = new int[16];
      for (int i = 0; i < lanes; i++) {
        int half = Float.floatToFloat16(Float.intBitsToFloat(source[i])) & 0xFFFF;
        pairs[i / 2] |= half << (16 * (i % 2));
      }
      if (target instanceof Decoder.RegisterNumber number) {
        set(number.register(), pairs, lanes / 2);
      } else {
        for (int i = 0; i < lanes / 2; i++) {
          long to = address((Decoder.Place) target) + 4L * i;
          ALL.set(ValueLayout.JAVA_INT_UNALIGNED, to, pairs[i]);
        }
      }
    }

    /** Lanes above are cleared, as VEX and EVEX do. */
    private void set(int register, int[] value, int lanes) {
      int[] copy = new int[16];
      System.arraycopy(value, 0, copy, 0, lanes);
      vectors[register] = copy;
    }
  }
}
