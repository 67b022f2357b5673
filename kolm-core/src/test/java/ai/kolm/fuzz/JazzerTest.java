package ai.kolm.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.File;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Jazzer against the parsers of foreign bytes, ten minutes each, or {@code -Dkolm.fuzz.seconds};
 * starting with the committed inputs. What it learns goes to {@code -Dkolm.fuzz.corpus=DIR}, if
 * given, from where the inputs worth keeping are copied into {@code src/test/resources/fuzz}.
 */
@Tag("nightly")
class JazzerTest {
  private static final String MAIN = "com.code_intelligence.jazzer.Jazzer";
  private static final int CRASH_FOUND = 77;
  private static final int CANARY_SECONDS = 300;

  /** One class of each library. */
  private static final List<String> NEEDED =
      List.of(
          "ai.kolm.artifact.ContainerFuzz",
          "ai.kolm.artifact.Artifact",
          "com.fasterxml.jackson.core.JsonFactory",
          "org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream",
          "org.apache.commons.io.IOUtils",
          "org.apache.commons.lang3.ArrayUtils",
          "org.bouncycastle.crypto.signers.Ed25519Signer",
          "org.jspecify.annotations.Nullable",
          MAIN,
          "com.code_intelligence.jazzer.api.FuzzedDataProvider");

  private static final int SECONDS = Integer.getInteger("kolm.fuzz.seconds", 600);

  @TempDir private Path folder;

  @BeforeAll
  static void needsJazzer() {
    boolean present = JazzerTest.class.getResource("/" + MAIN.replace('.', '/') + ".class") != null;
    assumeTrue(present, "Jazzer is on the class path with -Pnightly only");
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "PLANTED")
  void nothingIsFound(FuzzTarget target) throws Exception {
    List<String> said = new ArrayList<>();
    int exit = fuzz(target, SECONDS, said);
    System.out.printf(
        "jazzer %s: %d s, exit %d%n  %s%n", target, SECONDS, exit, String.join("\n  ", said));
    assertEquals(0, exit);
    assertTrue(said.stream().anyMatch(line -> line.startsWith("Done ")), said.toString());
  }

  /** The canary: a fault that is planted in a reader of receipts. */
  @Test
  void aPlantedFaultIsFound() throws Exception {
    List<String> said = new ArrayList<>();
    int exit = fuzz(FuzzTarget.PLANTED, CANARY_SECONDS, said);
    System.out.printf("jazzer, planted fault: exit %d%n  %s%n", exit, String.join("\n  ", said));
    assertEquals(CRASH_FOUND, exit);
    assertTrue(said.stream().anyMatch(line -> line.contains("the planted fault")));
  }

  /** Runs Jazzer in a process of its own; keeps what it says of its end and of findings. */
  private int fuzz(FuzzTarget target, int seconds, List<String> said) throws Exception {
    String learned = System.getProperty("kolm.fuzz.corpus", folder.toString());
    Path corpus = Files.createDirectories(Path.of(learned).resolve(target.toString()));
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx1g",
                "-XX:+EnableDynamicAgentLoading",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                classPath(),
                MAIN,
                "--target_class=" + target.type().getName(),
                "--instrumentation_includes=ai.kolm.**",
                "--reproducer_path=" + folder,
                "-artifact_prefix=" + folder + "/",
                "-max_len=32768",
                "-timeout=10",
                "-rss_limit_mb=4096",
                "-print_final_stats=1",
                "-max_total_time=" + seconds,
                corpus.toString(),
                target.seeds().toString())
            .redirectErrorStream(true)
            .start();
    try (BufferedReader out = process.inputReader()) {
      out.lines().filter(JazzerTest::isResult).forEach(said::add);
    }
    return process.waitFor();
  }

  /** What the targets need, and Jazzer: it behaves in another way where it sees JUnit. */
  private static String classPath() throws Exception {
    Set<String> places = new LinkedHashSet<>();
    for (String name : NEEDED) {
      URI place = Class.forName(name).getProtectionDomain().getCodeSource().getLocation().toURI();
      places.add(Path.of(place).toString());
    }
    return String.join(File.pathSeparator, places);
  }

  private static boolean isResult(String line) {
    return line.startsWith("Done ")
        || line.startsWith("stat::")
        || line.startsWith("==")
        || line.contains("INITED")
        || line.contains("DONE")
        || line.startsWith("\tat ai.kolm")
        || line.startsWith("Base64:");
  }
}
