package ai.kolm.kernels.x86;

/** Where code becomes something that can be called. */
public interface CodeSpace {
  /** Places finished code. */
  Routine place(Assembler code);
}
