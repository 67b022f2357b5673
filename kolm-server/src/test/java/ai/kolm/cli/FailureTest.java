package ai.kolm.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.artifact.ArtifactException;
import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.engine.InvalidRequestException;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class FailureTest {

  static Stream<Arguments> failures() {
    ArtifactException damaged =
        new ArtifactException(
            ArtifactException.Code.DIGEST_MISMATCH, "x.kolm", "entry a", "digest", "1", "2");
    return Stream.of(
        Arguments.of(new CommandException(ExitCode.PREREQUISITE, "no pip"), 3, "no pip"),
        Arguments.of(new IllegalArgumentException("n must be 1"), 1, "n must be 1"),
        Arguments.of(new ModelFormatException("x.gguf", "no magic"), 1, "x.gguf: no magic"),
        Arguments.of(new ModelFormatException("x.kolm", damaged), 2, "digest_mismatch"),
        Arguments.of(damaged, 2, "digest_mismatch"),
        Arguments.of(new InvalidRequestException("stop", "stop is empty"), 1, "stop is empty"),
        Arguments.of(new NoSuchFileException("a.txt"), 5, "a.txt: no such file"),
        Arguments.of(new AccessDeniedException("/root/x"), 3, "/root/x: permission denied"),
        Arguments.of(new BindException("port 80: in use"), 3, "port 80"),
        Arguments.of(
            new FileSystemException("/ro/x", null, "Read-only file system"), 3, "read-only"),
        Arguments.of(new IOException("No space left on device"), 4, "No space left on device"),
        Arguments.of(
            new UncheckedIOException(new NoSuchFileException("b.txt")), 5, "b.txt: no such file"),
        Arguments.of(new OutOfMemoryError("Java heap space"), 4, "out of memory"),
        Arguments.of(new IllegalStateException("odd\nthing"), 4, "odd thing"));
  }

  @ParameterizedTest
  @MethodSource("failures")
  void everyExceptionHasOneExitCodeAndOneLine(Throwable thrown, int exitCode, String words) {
    Failure failure = Failure.of(thrown);
    assertEquals(exitCode, failure.exitCode().number());
    assertTrue(failure.message().contains(words), failure.message());
    assertFalse(failure.message().contains("\n"), failure.message());
  }
}
