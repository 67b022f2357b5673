package ai.kolm.cli;

import ai.kolm.artifact.ArtifactException;
import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.cli.console.OutputClosedException;
import ai.kolm.cli.settings.SettingException;
import ai.kolm.engine.ContextLengthExceededException;
import ai.kolm.engine.EngineException;
import ai.kolm.engine.GrammarRefusedException;
import ai.kolm.engine.InvalidRequestException;
import ai.kolm.json.JsonException;
import ai.kolm.prompt.TemplateException;
import ai.kolm.weights.ModelFormatException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/**
 * What stops a command, as a sentence and an exit code: the one place that knows which exception
 * ends how.
 *
 * @param exitCode how the process ends
 * @param message one line for the user; empty if there is nobody to read it
 */
record Failure(ExitCode exitCode, String message) {

  /** What {@code e} means for a command. */
  static Failure of(Throwable e) {
    return switch (e) {
      case CommandException known -> new Failure(known.exitCode(), text(known));
      case OutputClosedException _ -> new Failure(ExitCode.EXECUTION, "");
      case ModelFormatException model when model.getCause() instanceof ArtifactException ->
          new Failure(ExitCode.GATE_FAILED, text(e));
      case SettingException _, ModelFormatException _, TemplateException _, JsonException _ ->
          new Failure(ExitCode.REFUSED, text(e));
      case InvalidRequestException _, ContextLengthExceededException _, GrammarRefusedException _ ->
          new Failure(ExitCode.REFUSED, text(e));
      case ArtifactException _ -> new Failure(ExitCode.GATE_FAILED, text(e));
      case EngineException _ -> new Failure(ExitCode.EXECUTION, withCause(e));
      case UncheckedIOException io when io.getCause() != null -> of(io.getCause());
      case IOException io -> ofIo(io);
      case OutOfMemoryError _ ->
          new Failure(
              ExitCode.EXECUTION,
              "out of memory (%s); give the JVM more with KOLM_JAVA_OPTS=-Xmx..., or choose a smaller"
                      .formatted(text(e))
                  + " context with --ctx");
      case IllegalArgumentException _ -> new Failure(ExitCode.REFUSED, text(e));
      default ->
          new Failure(
              ExitCode.EXECUTION,
              "%s: %s (this is a fault of kolm; --debug shows where)"
                  .formatted(e.getClass().getSimpleName(), text(e)));
    };
  }

  private static Failure ofIo(IOException e) {
    return switch (e) {
      case NoSuchFileException missing ->
          new Failure(ExitCode.NOT_FOUND, missing.getFile() + ": no such file or directory");
      case FileNotFoundException _ -> new Failure(ExitCode.NOT_FOUND, text(e));
      case AccessDeniedException denied ->
          new Failure(ExitCode.PREREQUISITE, denied.getFile() + ": permission denied");
      case BindException _ -> new Failure(ExitCode.PREREQUISITE, text(e));
      case FileSystemException file when isReadOnly(file) ->
          new Failure(ExitCode.PREREQUISITE, file.getFile() + ": the file system is read-only");
      default -> new Failure(ExitCode.EXECUTION, withCause(e));
    };
  }

  private static boolean isReadOnly(FileSystemException e) {
    return String.valueOf(e.getReason()).contains("Read-only file system");
  }

  private static String withCause(Throwable e) {
    Throwable cause = e.getCause();
    return cause == null || text(e).contains(text(cause)) ? text(e) : text(e) + ": " + text(cause);
  }

  /** The message in one line; the name of the exception if it has none. */
  private static String text(Throwable e) {
    String message = e.getMessage();
    return message == null || message.isBlank()
        ? e.getClass().getSimpleName()
        : message.strip().replaceAll("\\s*\\R\\s*", " ");
  }
}
