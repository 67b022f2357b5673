package ai.kolm.cli;

import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.ExitCode;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How captures are recorded: for {@code kolm capture} and {@code kolm serve --capture}. */
final class CaptureFlags {
  @Option(
      names = "--as",
      paramLabel = "TASK",
      description = "What the model is asked to do; names the records.")
  @Nullable String task;

  @Option(
      names = "--namespace",
      paramLabel = "NAME",
      description = "Which records belong together; default: the task.")
  @Nullable String namespace;

  @Option(
      names = "--anonymize",
      paramLabel = "STYLE",
      description =
          "What comes into the place of names and numbers: surrogate (default), tag, or off.")
  String anonymize = "surrogate";

  @Option(
      names = "--i-accept-raw",
      description = "Needed for --anonymize off: what is recorded is what was said.")
  boolean acceptRaw;

  @Option(
      names = "--encrypt",
      description = "Encrypt records of new namespaces; the default with --anonymize off.")
  boolean encrypt;

  @Option(
      names = "--passphrase",
      description =
          "Encrypt, with a passphrase instead of the key in KOLM_HOME; asks for it, or reads the"
              + " file that KOLM_CAPTURE_PASSPHRASE_FILE names.")
  boolean passphrase;

  @Option(
      names = "--retention",
      paramLabel = "DAYS",
      description = "Delete records after so many days; default 30, 0: never.")
  int retention = 30;

  @Option(
      names = "--durability",
      paramLabel = "WHAT",
      description = "What a record survives: kill (the process; default) or sync (the machine).")
  String durability = "kill";

  @Option(
      names = "--require-capture",
      description = "Refuse requests while records cannot be stored.")
  boolean require;

  CaptureFlags() {}

  /** The task, which must have been named. */
  String task() {
    String named = task;
    if (named == null) {
      throw new CommandException(
          ExitCode.USAGE, "--as TASK is missing: it names what the model is asked to do");
    }
    return named;
  }
}
