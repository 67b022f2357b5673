package ai.kolm.kernels;

import ai.kolm.kernels.x86.Address;
import ai.kolm.kernels.x86.Register;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The parameters of a routine: a row of 64-bit slots, whose address the routine gets in RDI. The
 * last slot is the routine's own. One per worker.
 */
final class Parameters {
  static final int SLOTS = 24;

  static final int ALIGNMENT = 64;

  /** A slot for constants on their way into a vector. */
  static final int SCRATCH = SLOTS - 1;

  private final MemorySegment memory;

  Parameters(Arena arena) {
    memory = arena.allocate((long) SLOTS * Long.BYTES, ALIGNMENT);
  }

  /** Where a routine finds slot {@code slot}. */
  static Address slot(int slot) {
    return Register.RDI.at(slot * Long.BYTES);
  }

  void set(int slot, long value) {
    memory.set(ValueLayout.JAVA_LONG, (long) slot * Long.BYTES, value);
  }

  void set(int slot, float value) {
    memory.set(ValueLayout.JAVA_FLOAT, (long) slot * Long.BYTES, value);
  }

  long get(int slot) {
    return memory.get(ValueLayout.JAVA_LONG, (long) slot * Long.BYTES);
  }

  float getFloat(int slot) {
    return memory.get(ValueLayout.JAVA_FLOAT, (long) slot * Long.BYTES);
  }

  long address() {
    return memory.address();
  }
}
