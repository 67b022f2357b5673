package ai.kolm.cli.console;

/** How a command ends, the same for all of them. */
public enum ExitCode {
  /** It did what was asked. */
  OK(0),
  /** A value is refused: of a flag, a setting, a line of input, a file. */
  REFUSED(1),
  /** A gate failed: an artifact does not verify. */
  GATE_FAILED(2),
  /** A prerequisite is missing: a program, a permission, a free port, the lock of the store. */
  PREREQUISITE(3),
  /** Execution failed: input or output, memory, a step that crashed. */
  EXECUTION(4),
  /** What was named does not exist. */
  NOT_FOUND(5),
  /** The command line is wrong: unknown command or flag, missing argument. */
  USAGE(64);

  private final int number;

  ExitCode(int number) {
    this.number = number;
  }

  /** The number that the process exits with. */
  public int number() {
    return number;
  }
}
