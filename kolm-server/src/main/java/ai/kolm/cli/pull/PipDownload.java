package ai.kolm.cli.pull;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.ExitCode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Downloads a package of the Python Package Index by a child process, {@code python3 -m pip
 * download}. So proxies, mirrors, certificates and credentials are those that the machine's pip is
 * set up with, and this process opens no connection. The package is not installed, and none of its
 * code runs.
 */
final class PipDownload {
  private static final long POLL_MILLIS = 100;
  private static final int MAX_MESSAGE = 64 << 10;
  private static final Pattern NO_NETWORK =
      Pattern.compile(
          "NewConnectionError|ConnectTimeoutError|ReadTimeoutError|Temporary failure in name"
              + " resolution|Name or service not known|nodename nor servname|Network is unreachable"
              + "|Connection refused|Max retries exceeded|ProxyError|Connection broken|SSLError",
          Pattern.CASE_INSENSITIVE);
  private static final Pattern DISK_FULL =
      Pattern.compile("No space left on device|Errno 28|Disk quota exceeded|Errno 122");

  private final String python;
  private final Path folder;

  /**
   * @param python the program
   * @param folder for the download and for all that pip writes meanwhile
   */
  PipDownload(String python, Path folder) {
    this.python = python;
    this.folder = folder;
  }

  /**
   * Downloads one package.
   *
   * @param requirement {@code name==version}
   * @param progress is told the bytes that have arrived
   * @return the file
   * @throws CommandException if it cannot be had; says why
   */
  Path download(String requirement, LongConsumer progress) throws IOException {
    Path target = Files.createDirectory(folder.resolve("download"));
    // pip downloads into its temporary directory and moves the file when it is whole.
    Path scratch = Files.createDirectory(folder.resolve("scratch"));
    Process process = start(requirement, target, scratch);
    Thread atExit = new Thread(() -> kill(process), "kolm-kill-pip");
    Runtime.getRuntime().addShutdownHook(atExit);
    try {
      CompletableFuture<String> messages =
          CompletableFuture.supplyAsync(() -> drain(process.getInputStream()));
      while (!process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
        progress.accept(bytesUnder(folder));
      }
      if (process.exitValue() != 0) {
        throw failure(requirement, messages.join());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandException(ExitCode.EXECUTION, "interrupted while downloading", e);
    } finally {
      kill(process);
      removeHook(atExit);
    }
    return only(target, requirement);
  }

  private Process start(String requirement, Path target, Path scratch) {
    ProcessBuilder builder =
        new ProcessBuilder(
            List.of(
                python,
                "-m",
                "pip",
                "download",
                "--no-deps",
                "--only-binary",
                ":all:",
                "--no-input",
                "--disable-pip-version-check",
                "--progress-bar",
                "off",
                "--dest",
                target.toString(),
                requirement));
    for (String variable : List.of("TMPDIR", "TEMP", "TMP")) {
      builder.environment().put(variable, scratch.toString());
    }
    builder.environment().put("PYTHONIOENCODING", "utf-8");
    builder.redirectErrorStream(true);
    builder.redirectInput(ProcessBuilder.Redirect.from(nullDevice()));
    try {
      return builder.start();
    } catch (IOException e) {
      throw new CommandException(
          ExitCode.PREREQUISITE,
          "fetching %s needs Python 3 with pip, and %s cannot be started: install Python 3, or set"
                  .formatted(requirement, python)
              + " KOLM_PYTHON to where it is",
          e);
    }
  }

  private static java.io.File nullDevice() {
    return new java.io.File(
        System.getProperty("os.name", "").startsWith("Win") ? "NUL" : "/dev/null");
  }

  /** The end of what pip says; all of it is read, so that pip never waits for us. */
  private static String drain(InputStream in) {
    StringBuilder text = new StringBuilder();
    byte[] buffer = new byte[8192];
    try (in) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        text.append(new String(buffer, 0, n, UTF_8));
        text.delete(0, Math.max(0, text.length() - MAX_MESSAGE));
      }
    } catch (IOException e) {
      text.append('\n').append(e.getMessage());
    }
    return text.toString();
  }

  private CommandException failure(String requirement, String messages) {
    if (messages.contains("No module named pip")) {
      return new CommandException(
          ExitCode.PREREQUISITE,
          "fetching %s needs pip, and %s has none: install it (python3-pip, or %s -m ensurepip)"
              .formatted(requirement, python, python));
    }
    if (DISK_FULL.matcher(messages).find()) {
      return new CommandException(
          ExitCode.EXECUTION,
          "no space left while downloading %s to %s".formatted(requirement, folder));
    }
    if (NO_NETWORK.matcher(messages).find()) {
      return new CommandException(
          ExitCode.EXECUTION,
          "%s cannot be downloaded: pip does not reach the package index (%s)"
              .formatted(requirement, lastLine(messages)));
    }
    return new CommandException(
        ExitCode.EXECUTION,
        "%s cannot be downloaded: pip says: %s".formatted(requirement, lastLine(messages)));
  }

  /** What pip said at last, errors before hints. */
  private static String lastLine(String messages) {
    List<String> lines = messages.lines().map(String::strip).filter(s -> !s.isEmpty()).toList();
    return Stream.concat(
            lines.reversed().stream().filter(s -> s.startsWith("ERROR")), lines.reversed().stream())
        .findFirst()
        .orElse("nothing");
  }

  private static Path only(Path target, String requirement) throws IOException {
    try (Stream<Path> files = Files.list(target)) {
      List<Path> found = files.toList();
      if (found.size() == 1) {
        return found.getFirst();
      }
      throw new CommandException(
          ExitCode.EXECUTION,
          "downloading %s: expected one file from pip, got %d"
              .formatted(requirement, found.size()));
    }
  }

  private static void kill(Process process) {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }

  private static void removeHook(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is ending: the hook has run.
    }
  }

  private static long bytesUnder(Path folder) throws IOException {
    long[] sum = {0};
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            sum[0] += attributes.size();
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException e) {
            return FileVisitResult.CONTINUE; // pip moves files while we look
          }
        });
    return sum[0];
  }
}
