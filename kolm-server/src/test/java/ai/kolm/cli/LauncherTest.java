package ai.kolm.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.reference.ReferenceData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * The launcher, in a project of its own with a JDK and a Maven that the test writes: shell scripts
 * that say what they were called with.
 */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the launcher of this test is for POSIX systems")
@Timeout(120)
class LauncherTest {
  private static final String TOOLS = "/usr/bin:/bin";

  @TempDir private Path folder;
  private Path root;
  private Path bin;
  private Path jdk;

  @BeforeEach
  void makeProject() throws IOException {
    root = Files.createDirectories(folder.resolve("pro ject"));
    Files.copy(ReferenceData.projectRoot().resolve("kolm"), root.resolve("kolm"));
    executable(root.resolve("kolm"));
    Files.writeString(root.resolve("pom.xml"), "<project/>");
    Files.createDirectories(root.resolve("kolm-core/src/main"));
    Files.writeString(root.resolve("kolm-core/src/main/A.java"), "class A {}");
    Files.writeString(root.resolve("kolm-core/pom.xml"), "<project/>");
    bin = Files.createDirectories(folder.resolve("bin"));
    // Everything the launcher needs but java and mvn.
    for (String tool :
        List.of(
            "sh",
            "cat",
            "cksum",
            "cp",
            "dirname",
            "find",
            "grep",
            "head",
            "ln",
            "mkdir",
            "mv",
            "nice",
            "readlink",
            "rm",
            "sed",
            "sleep",
            "touch")) {
      script(bin.resolve(tool), "exec %s \"$@\"".formatted(which(tool)));
    }
    jdk = jdk("25.0.1");
    maven(
        "mkdir -p \"$root/kolm-server/target\"; sleep 1; echo jar >"
            + " \"$root/kolm-server/target/kolm-server.jar\"");
  }

  private static Path which(String tool) {
    return List.of(TOOLS.split(":")).stream()
        .map(directory -> Path.of(directory, tool))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow();
  }

  private static void executable(Path file) throws IOException {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private static void script(Path file, String body) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, "#!/bin/sh\n" + body + "\n");
    executable(file);
  }

  private Path jdk(String version) throws IOException {
    Path home = folder.resolve("jdks/jdk-" + version);
    script(home.resolve("bin/java"), "printf '%s\\n' \"$@\"; cat; exit 7");
    script(home.resolve("bin/javac"), "exit 1");
    Files.writeString(home.resolve("release"), "JAVA_VERSION=\"%s\"\n".formatted(version));
    return home;
  }

  private void maven(String body) throws IOException {
    script(
        bin.resolve("mvn"),
        "root='%s'\necho \"$JAVA_HOME\" >> '%s/builds'\necho compiling\n%s"
            .formatted(root, folder, body));
  }

  private long builds() throws IOException {
    Path log = folder.resolve("builds");
    return Files.exists(log) ? Files.readAllLines(log).size() : 0;
  }

  private Process start(Map<String, String> environment, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(root.resolve("kolm").toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().clear();
    builder.environment().put("PATH", bin.toString());
    builder.environment().put("HOME", folder.toString());
    builder.environment().put("KOLM_JDKS", folder.resolve("jdks").toString());
    builder.environment().putAll(environment);
    return builder.start();
  }

  private static KolmRun finish(Process process) throws IOException, InterruptedException {
    process.getOutputStream().close();
    String out = new String(process.getInputStream().readAllBytes(), UTF_8);
    String err = new String(process.getErrorStream().readAllBytes(), UTF_8);
    assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    return new KolmRun(process.exitValue(), out, err);
  }

  private KolmRun run(String... arguments) throws IOException, InterruptedException {
    return finish(start(Map.of(), arguments));
  }

  @Test
  void buildsOnceAndRunsWithAllFlags() throws IOException, InterruptedException {
    KolmRun first = run("serve", "a b", "--port", "1");
    assertEquals(7, first.exitCode(), first.err());
    List<String> arguments = first.out().lines().toList();
    assertTrue(arguments.contains("--enable-native-access=ALL-UNNAMED"), first.out());
    assertTrue(arguments.contains("-Djdk.serialFilter=!*"), first.out());
    assertEquals(
        List.of("serve", "a b", "--port", "1"),
        arguments.subList(arguments.size() - 4, arguments.size()));
    assertTrue(first.err().contains("building"), first.err());
    assertFalse(first.out().contains("compiling"), "Maven's output is not that of the command");
    assertEquals(jdk.toString(), Files.readString(folder.resolve("builds")).strip());
    KolmRun second = run("list");
    assertEquals("", second.err());
    assertEquals(1, builds());
  }

  /** From now on, a rehearsal writes its arguments where the cache belongs. */
  private void rehearsals() throws IOException {
    Path small = root.resolve("kolm-runtime/src/test/resources/golden/tiny-models/chat/chat.gguf");
    Files.createDirectories(small.getParent());
    Files.writeString(small, "a model");
    script(
        jdk.resolve("bin/java"),
        """
        for argument; do
          case $argument in
            -XX:AOTCacheOutput=*) echo "$@" > "${argument#*=}"; exit 0 ;;
            pack) exit 0 ;;
          esac
        done
        printf '%s\\n' "$@"; exit 7\
        """);
  }

  @Test
  void aFirstServeRehearsesAndLaterRunsRemember() throws IOException, InterruptedException {
    rehearsals();
    assertFalse(run("list").out().contains("AOTCache"));
    Path target = root.resolve("kolm-server/target");
    assertEquals(List.of(), caches(target));
    assertFalse(run("serve").out().contains("AOTCache"));
    Path cache = rehearsed(target);
    assertTrue(Files.readString(cache).contains("--port 0 --threads 2 --rehearse"));
    assertTrue(run("list").out().lines().toList().contains("-XX:AOTCache=" + cache));
    Files.setLastModifiedTime(
        target.resolve("kolm-server.jar"), FileTime.from(Instant.now().plusSeconds(2)));
    assertFalse(run("list").out().contains("AOTCache"), "the jar is newer");
  }

  @Test
  void whatAKilledRehearsalLeftIsTakenAway() throws IOException, InterruptedException {
    rehearsals();
    Path target = root.resolve("kolm-server/target");
    run("serve");
    Path cache = rehearsed(target);
    Path left = making(target);
    Files.delete(cache);
    Files.createDirectories(left.resolve("home"));
    Files.setLastModifiedTime(left, FileTime.from(Instant.now().minusSeconds(1200)));
    run("serve");
    assertEquals(cache, rehearsed(target));
  }

  /** The cache, once the rehearsal has ended; the class has a time limit. */
  private static Path rehearsed(Path target) throws IOException, InterruptedException {
    while (caches(target).isEmpty() || Files.exists(making(target))) {
      Thread.sleep(20);
    }
    return caches(target).getFirst();
  }

  private static List<Path> caches(Path target) throws IOException {
    try (Stream<Path> files = Files.list(target)) {
      return files.filter(file -> file.toString().endsWith(".aot")).toList();
    }
  }

  private static Path making(Path target) throws IOException {
    return Path.of(caches(target).getFirst() + ".making");
  }

  @Test
  void buildsAgainWhenASourceIsNewer() throws IOException, InterruptedException {
    run("list");
    Path source = root.resolve("kolm-core/src/main/A.java");
    Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(2)));
    run("list");
    assertEquals(2, builds());
  }

  @Test
  void twoThatStartTogetherBuildOnce() throws IOException, InterruptedException {
    Process first = start(Map.of(), "list");
    Process second = start(Map.of(), "list");
    KolmRun one = finish(first);
    KolmRun two = finish(second);
    assertEquals(7, one.exitCode(), one.err());
    assertEquals(7, two.exitCode(), two.err());
    assertEquals(1, builds());
    assertTrue((one.err() + two.err()).contains("waiting for process"), one.err() + two.err());
  }

  @Test
  void theLockOfADeadProcessIsTaken() throws IOException, InterruptedException {
    Process dead = new ProcessBuilder("true").start();
    dead.waitFor();
    Files.createDirectories(root.resolve("target"));
    Files.createSymbolicLink(
        root.resolve("target/kolm-build.lock"), Path.of(Long.toString(dead.pid())));
    assertEquals(7, run("list").exitCode());
    assertFalse(Files.isSymbolicLink(root.resolve("target/kolm-build.lock")));
  }

  @Test
  void withoutJdk25OneSentenceSaysSo() throws IOException, InterruptedException {
    Files.move(jdk, folder.resolve("elsewhere"));
    Path older = jdk("21.0.2");
    KolmRun run = finish(start(Map.of("JAVA_HOME", older.toString()), "list"));
    assertEquals(3, run.exitCode());
    assertEquals(
        "kolm: kolm needs JDK 25: install one (for example Eclipse Temurin 25) or set JAVA_HOME to"
            + " it\n",
        run.err());
    Path elsewhere = folder.resolve("elsewhere");
    KolmRun named = finish(start(Map.of("JAVA25_HOME", elsewhere.toString()), "list"));
    assertEquals(7, named.exitCode(), named.err());
  }

  @Test
  void theJavaOnThePathIsAskedOnlyIfItIsAWrapper() throws IOException, InterruptedException {
    Path older = jdk("17.0.1");
    Path asked = folder.resolve("asked");
    script(older.resolve("bin/java"), "echo > '%s'".formatted(asked));
    Files.createSymbolicLink(bin.resolve("java"), older.resolve("bin/java"));
    assertEquals(7, run("list").exitCode());
    assertFalse(Files.exists(asked));
    Path elsewhere = Files.move(jdk, folder.resolve("elsewhere"));
    Files.delete(bin.resolve("java"));
    script(bin.resolve("java"), "echo '    java.home = %s'".formatted(elsewhere));
    KolmRun run = run("list");
    assertEquals(7, run.exitCode(), run.err());
  }

  @Test
  void withoutMavenOneSentenceSaysSo() throws IOException, InterruptedException {
    Files.delete(bin.resolve("mvn"));
    KolmRun run = run("list");
    assertEquals(3, run.exitCode());
    assertTrue(run.err().contains("there is no Maven"), run.err());
  }

  @Test
  void aBuildThatFailsEndsTheCommand() throws IOException, InterruptedException {
    maven("echo wrong; exit 1");
    KolmRun run = run("list");
    assertEquals(4, run.exitCode());
    assertTrue(run.err().contains("wrong\n") && run.err().contains("the build failed"), run.err());
    assertFalse(Files.isSymbolicLink(root.resolve("target/kolm-build.lock")));
  }

  @Test
  void aLinkToTheLauncherWorksFromAnywhere() throws IOException, InterruptedException {
    Path link = Files.createSymbolicLink(folder.resolve("linked"), root.resolve("kolm"));
    ProcessBuilder builder = new ProcessBuilder(link.toString(), "list").directory(folder.toFile());
    builder.environment().put("PATH", bin.toString());
    builder.environment().put("JAVA_HOME", jdk.toString());
    KolmRun run = finish(builder.start());
    assertEquals(7, run.exitCode(), run.err());
    assertEquals(1, builds());
  }
}
