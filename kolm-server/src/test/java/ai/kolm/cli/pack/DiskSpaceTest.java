package ai.kolm.cli.pack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.ExitCode;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskSpaceTest {
  @TempDir private Path folder;

  @Test
  void tooLittleSpaceIsSaidWithBothNumbers() throws Exception {
    DiskSpace.require(folder.resolve("new/x.kolm"), 1);
    assertTrue(Files.isDirectory(folder.resolve("new")));
    DiskSpace.require(folder, 1_000_000, 18_000_000);
    CommandException e =
        assertThrows(
            CommandException.class, () -> DiskSpace.require(folder, 1_000_000, 17_000_000));
    assertEquals(ExitCode.EXECUTION, e.exitCode());
    assertEquals(
        "no space left in %s: the artifact needs 17.8 MB, 17.0 MB are free".formatted(folder),
        e.getMessage());
    assertThrows(
        CommandException.class,
        () -> DiskSpace.require(folder.resolve("x.kolm"), Long.MAX_VALUE / 2));
  }
}
